/** The lab: everything that the three faces show. */
import type { Handlers, HostPort, LabService } from '../contract/handlers.ts'
import { LabFailure } from '../contract/failure.ts'
import { EventHub, type Listener } from './events.ts'
import { homeFolder, openHome, type Home } from './home.ts'
import { listRecipes } from './recipes.ts'
import { findResources, type Resources } from './resources.ts'
import { SettingsFile } from './settings.ts'
import { describeSystem } from './system.ts'

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
  /** Ends runs with a checkpoint, closes sessions. */
  close(): Promise<void>
}

/** Opens the lab. Nothing heavy happens before it is asked for. */
export async function openLab(options: LabOptions): Promise<Lab> {
  const resources = findResources()
  const home = await openHome(options.home ?? homeFolder())
  const events = new EventHub()
  const settings = await SettingsFile.open(home.root)
  const soon = (): never => {
    throw new LabFailure('not-there-yet', 'This part of the lab is not there yet.')
  }
  const handlers: Handlers = {
    'system.describe': () =>
      describeSystem({
        version: resources.version,
        host: options.host.host,
        home: home.root,
        engine: { available: false, threads: options.threads ?? 1, problem: 'The engine is not there yet.' },
        providers: []
      }),
    'settings.get': () => settings.get(),
    'settings.set': async changes => {
      const changed = await settings.set(changes)
      events.emit('settings', changed)
      return changed
    },
    'host.reveal': soon,
    'models.list': () => [],
    'models.describe': soon,
    'models.open': soon,
    'models.rename': soon,
    'models.delete': soon,
    'models.restore': soon,
    'models.export': soon,
    'models.import': soon,
    'models.choose': soon,
    'corpora.list': () => [],
    'corpora.add': soon,
    'corpora.delete': soon,
    'corpora.restore': soon,
    'recipes.list': () => listRecipes(resources.recipes),
    'recipes.estimate': soon,
    'runs.list': () => [],
    'runs.start': soon,
    'runs.pause': soon,
    'runs.resume': soon,
    'runs.stop': soon,
    'runs.delete': soon,
    'runs.restore': soon,
    'runs.history': soon,
    'tokens.encode': soon,
    'probe.inspect': soon,
    'probe.stages': soon,
    'probe.draw': soon,
    generate: soon
  }
  return {
    handlers,
    subscribe: (listener: Listener) => events.subscribe(listener),
    home,
    resources,
    settings,
    close: async () => {}
  }
}
