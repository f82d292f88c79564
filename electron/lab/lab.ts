/** The lab: everything that the three faces show. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Handlers, HostPort, LabService } from '../contract/handlers.ts'
import { Corpora } from './corpora.ts'
import { AtlasData } from './data-sets.ts'
import { EngineAccess } from './engine.ts'
import { evaluate } from './evaluation.ts'
import { EventHub, type Listener } from './events.ts'
import { generate } from './generation.ts'
import { folderNameFor, freeName } from './folder-name.ts'
import { homeFolder, openHome, type Home } from './home.ts'
import { MachineSpeed } from './machine-speed.ts'
import { compareModels } from './model-comparison.ts'
import { Models } from './models.ts'
import { PreparedTexts } from './prepared-texts.ts'
import { Probe } from './probe.ts'
import { estimateRecipe } from './recipe-estimate.ts'
import { listRecipes } from './recipes.ts'
import { findResources, type Resources } from './resources.ts'
import { RecordedRuns } from './recorded-runs.ts'
import { Runs } from './runs.ts'
import { Scoring } from './scoring.ts'
import { Sessions } from './sessions.ts'
import { SettingsFile } from './settings.ts'
import { describeSystem } from './system.ts'
import { ofStage } from '../training/recipe.ts'
import { createTurns } from './turns.ts'

export interface LabOptions {
  /** Folder of the lab; default: `GPTLAB_HOME`, else the platform's place for application data. */
  readonly home?: string
  readonly host: HostPort
  /** Threads of training; default: the settings', else one for each physical core. */
  readonly threads?: number
}

/** An open lab: the service that transports carry, and typed access for the command line. */
export interface Lab extends LabService {
  readonly home: Home
  readonly resources: Resources
  readonly settings: SettingsFile
  readonly engine: EngineAccess
  readonly models: Models
  readonly corpora: Corpora
  readonly runs: Runs
  readonly sessions: Sessions
  readonly probe: Probe
  /** Ends runs with a checkpoint, closes sessions. */
  close(): Promise<void>
}

/** Opens the lab. Nothing heavy happens before it is asked for. */
export async function openLab(options: LabOptions): Promise<Lab> {
  const { host } = options
  const resources = findResources()
  const home = await openHome(options.home ?? homeFolder())
  const events = new EventHub()
  const settings = await SettingsFile.open(home.root)
  const engine = new EngineAccess()
  const threads = () => engine.threads(options.threads ?? settings.get().threads)
  const turn = createTurns()
  const models = new Models(home, resources, events)
  const corpora = new Corpora(home, resources, events)
  const texts = new PreparedTexts(corpora)
  const speed = new MachineSpeed(home, engine, turn)
  const runs = new Runs({ home, version: resources.version, engine, corpora, texts, models, events, turn, threads })
  const recorded = new RecordedRuns(resources)
  const sessions = new Sessions({ models, engine, events, home, settings, turn })
  const probe = new Probe(sessions, models)
  const data = new AtlasData(resources)
  const measuring = () => ({ models, bulk: { engine: engine.get(), threads: threads(), turn } })
  const scoring = new Scoring({ models, engine, turn, threads })

  const handlers: Handlers = {
    'system.describe': () =>
      describeSystem({
        version: resources.version,
        host: host.host,
        home: home.root,
        engine: engine.describe(options.threads ?? settings.get().threads),
        providers: sessions.providers()
      }),
    'settings.get': () => settings.get(),
    'settings.set': async changes => {
      const changed = await settings.set(changes)
      events.emit('settings', changed)
      return changed
    },
    'host.reveal': async ({ id }) => {
      const path = id.includes(':') ? await models.directory(id) : (await runs.folder(id)).path
      return { shown: await host.reveal(path), path }
    },

    'models.list': () => models.list(),
    'models.describe': ({ model }) => models.describe(model),
    'models.open': async ({ model, provider }) => (await sessions.open(model, provider)).session.description,
    'models.rename': ({ model, name }) => models.rename(model, name),
    'models.delete': async ({ model }) => {
      await sessions.closeModel(model)
      return models.delete(model)
    },
    'models.restore': ({ trash }) => models.restore(trash),
    'models.export': async ({ model }) => {
      const name = folderNameFor((await models.summary(model)).name)
      const chosen = await host.chooseFolder('export', name)
      if (chosen === null) return { directory: null }
      // A host without dialogs has a place of its own for what is exported.
      const folder = chosen ?? home.exports
      await mkdir(folder, { recursive: true })
      return { directory: await models.exportDirectory(model, join(folder, await freeName(folder, name))) }
    },
    'models.import': ({ name, files }) => models.importFiles(name, files),
    'models.choose': async () => {
      const directory = await host.chooseFolder('import', '')
      return directory ? models.importDirectory(directory) : null
    },

    'corpora.list': () => corpora.list(),
    'corpora.add': ({ name, bytes }) => corpora.add(name, bytes),
    'corpora.delete': ({ corpus }) => corpora.delete(corpus),
    'corpora.restore': ({ trash }) => corpora.restore(trash),

    'data.list': () => data.list(),
    'data.preview': ({ set, from, count }) => data.preview(set, from, count),
    'data.export': async ({ set }) => ({ lines: await data.lines(set), card: await data.card(set) }),
    evaluate: (input, context) => evaluate(input, measuring(), context),
    compare: (input, context) => compareModels(input, measuring(), context),

    'recipes.list': () => listRecipes(resources.recipes),
    'recipes.estimate': ({ recipe }) => estimateRecipe(ofStage(recipe, 'pretrain'), { texts, speed, threads: threads() }),

    'runs.list': () => runs.list(),
    'runs.recorded': () => recorded.list(),
    'runs.start': ({ recipe }) => runs.start(recipe),
    'runs.pause': ({ run }) => runs.pause(run),
    'runs.resume': ({ run }) => runs.resume(run),
    'runs.stop': ({ run }) => runs.stop(run),
    'runs.delete': ({ run }) => runs.delete(run),
    'runs.restore': ({ trash }) => runs.restore(trash),
    'runs.history': ({ run }) => (recorded.has(run) ? recorded : runs).history(run),

    'tokens.encode': input => probe.encode(input),
    'probe.inspect': input => probe.inspect(input),
    'probe.stages': input => probe.stages(input),
    'probe.draw': input => probe.draw(input),
    score: input => scoring.score(input),
    generate: (input, context) => generate(input, sessions, context)
  }
  return {
    handlers,
    subscribe: (listener: Listener) => events.subscribe(listener),
    home,
    resources,
    settings,
    engine,
    models,
    corpora,
    runs,
    sessions,
    probe,
    close: async () => {
      await Promise.all([runs.close(), sessions.close(), scoring.close()])
    }
  }
}
