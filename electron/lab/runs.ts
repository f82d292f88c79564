/** Runs: they belong to the lab, not to a window, and several go on side by side. */
import { mkdir, readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { LabFailure, failureOf } from '../contract/failure.ts'
import { advanceSummary } from '../contract/run-row.ts'
import type { Recipe, RunHistory, RunProgress, RunState, RunSummary } from '../contract/training.ts'
import type { Plan } from '../engine/plan.ts'
import { usefulThreads } from '../engine/useful-threads.ts'
import { inTurns } from '../engine/in-turns.ts'
import type { Compile, PreparedRun, RunData } from '../training/prepared-run.ts'
import { runLoop, type TrainedResult } from '../training/run-loop.ts'
import { RunControl } from '../training/run-control.ts'
import { readRunFolder, runFolder, writeRunFolder, type RunFolder, type RunRecord } from '../training/run-folder.ts'
import { lockHolder, lockRun } from '../training/run-lock.ts'
import { readLog } from '../training/run-log.ts'
import type { Corpora } from './corpora.ts'
import type { EngineAccess } from './engine.ts'
import type { EventHub } from './events.ts'
import { folderNameFor, freeName } from './folder-name.ts'
import type { Home } from './home.ts'
import type { Models } from './models.ts'
import type { PreparedTexts } from './prepared-texts.ts'
import { throttleSteps } from './run-events.ts'
import { dataRecord, gatherData } from './run-gathering.ts'
import { prepareNewRun, prepareResumedRun } from './run-preparation.ts'
import { writeResult, type FinishedRun } from './run-result.ts'
import { emptySummary, historyOf, HistoryColumns } from './run-summary.ts'
import { moveToTrash, restoreFromTrash } from './trash.ts'
import type { Turns } from './turns.ts'

/** A run that this process trains. */
interface LiveRun {
  readonly control: RunControl
  summary: RunSummary
  readonly history: HistoryColumns
  /** Resolves when the loop has ended, however it ended. */
  readonly ended: Promise<RunState>
}

/** What runs need of the lab. */
export interface RunSurroundings {
  readonly home: Home
  readonly version: string
  readonly engine: EngineAccess
  readonly corpora: Corpora
  readonly texts: PreparedTexts
  readonly models: Models
  readonly events: EventHub
  readonly turn: Turns
  /** Threads of a plan. */
  threads(): number
}

export class Runs {
  readonly #live = new Map<string, LiveRun>()
  /** Rows of runs that rest, by id; good as long as the log has not changed. */
  readonly #resting = new Map<string, { readonly stamp: string; readonly summary: RunSummary }>()
  readonly #listeners = new Set<(run: string, progress: RunProgress) => void>()

  constructor(readonly lab: RunSurroundings) {}

  /** Listens to every line of every run, none left out; the returned function ends it. */
  onProgress(listener: (run: string, progress: RunProgress) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** All runs, newest first. A run whose process has died is `interrupted`. */
  async list(): Promise<readonly RunSummary[]> {
    const names = (await readdir(this.lab.home.runs, { withFileTypes: true }))
      .filter(entry => entry.isDirectory())
      .map(entry => entry.name)
    const rows = await Promise.all(names.map(name => this.summary(name).catch(() => undefined)))
    return rows.filter(row => row !== undefined).sort((a, b) => b.started.localeCompare(a.started))
  }

  /** @throws LabFailure `run-unknown`, `run-damaged` */
  async summary(id: string): Promise<RunSummary> {
    const live = this.#live.get(id)
    if (live) return live.summary
    const folder = await this.folder(id)
    const { recipe, record } = await readRunFolder(folder)
    const stamp = await stampOf(folder.log)
    const known = this.#resting.get(id)
    const read =
      known?.stamp === stamp
        ? known.summary
        : (await readLog(folder.log)).lines.reduce(advanceSummary, emptySummary(id, recipe, record))
    this.#resting.set(id, { stamp, summary: read })
    if (read.state !== 'running' && read.state !== 'interrupted') return read
    // A log does not say that its process has died, and there is none before the data have been gathered.
    const held = (await lockHolder(folder.lock)) !== undefined
    if (!held) return { ...read, state: 'interrupted' }
    return record.corpus === undefined ? { ...read, state: 'preparing' } : read
  }

  /** Paths of a run. @throws LabFailure `run-unknown` */
  async folder(id: string): Promise<RunFolder> {
    const path = join(this.lab.home.runs, id)
    if (dirname(path) !== this.lab.home.runs || !(await stat(join(path, 'recipe.json')).catch(() => undefined)))
      throw new LabFailure('run-unknown', `There is no run ${id}. It may have been deleted.`, { run: id })
    return runFolder(path)
  }

  async history(id: string): Promise<RunHistory> {
    const live = this.#live.get(id)
    if (live) return live.history.snapshot(id)
    return historyOf((await readLog((await this.folder(id)).log)).lines).snapshot(id)
  }

  /**
   * Prepares a run and starts it; it then goes on by itself.
   * @throws LabFailure of `prepareNewRun`: a recipe with problems, missing data, a model of the wrong kind, no engine
   */
  async start(recipe: Recipe): Promise<RunSummary> {
    const engine = this.lab.engine.get()
    const prepared = await prepareNewRun(recipe, this.lab)
    const data = dataAtHand(prepared)
    const name = await freeName(this.lab.home.runs, `${folderNameFor(recipe.name)}-${timestamp()}`)
    const folder = runFolder(join(this.lab.home.runs, name))
    await mkdir(folder.path)
    const record: RunRecord = {
      format: 1,
      name: recipe.name,
      started: new Date().toISOString(),
      ...(data && dataRecord(data)),
      ...(prepared.from && { from: prepared.from }),
      ...(prepared.reward && { reward: prepared.reward }),
      parameters: prepared.parameters,
      vocabulary: prepared.vocabulary,
      engine: { simd: engine.simd, threads: this.lab.threads() },
      versions: { lab: this.lab.version, node: process.version, platform: `${process.platform}-${process.arch}` }
    }
    await writeRunFolder(folder, recipe, record, { tokenizer: prepared.tokenizer, comparisons: data?.comparisons })
    return this.#launch(folder, recipe, record, prepared)
  }

  /**
   * Goes on with a paused run, or with one that was interrupted, stopped or failed, from its last checkpoint.
   * @throws LabFailure `run-done`, `run-locked`, and those of `prepareResumedRun`: `corpus-changed`, `model-changed`
   */
  async resume(id: string): Promise<RunSummary> {
    const live = this.#live.get(id)
    if (live) {
      const settled = this.#untilState(id, ['preparing', 'running', 'done', 'stopped', 'failed'])
      live.control.ask('go')
      await settled
      return live.summary
    }
    const folder = await this.folder(id)
    const { recipe, record } = await readRunFolder(folder)
    const { state } = await this.summary(id)
    if (state === 'done') throw new LabFailure('run-done', `The run ${id} is done. Start a new one to train again.`, { run: id })
    return this.#launch(folder, recipe, record, await prepareResumedRun(recipe, this.lab, { folder, record }))
  }

  /** Locks the run, compiles its plans and sets the loop going. */
  async #launch(folder: RunFolder, recipe: Recipe, record: RunRecord, prepared: PreparedRun): Promise<RunSummary> {
    const { id } = folder
    const lock = await lockRun(folder.lock, id)
    const plans: Plan[] = []
    const release = async (): Promise<void> => {
      await Promise.all(plans.map(plan => plan.close()))
      await lock.release()
    }
    try {
      const engine = this.lab.engine.get()
      // Kernel sets round differently: a run goes on with the one that it was started with.
      const simd = engine.simds.find(name => name === record.engine.simd)
      const compile: Compile = (graph, options) => {
        const threads = usefulThreads(graph, options, this.lab.threads())
        plans.push(engine.compile(graph, { ...options, threads, ...(simd && { simd }) }))
        return inTurns(plans.at(-1)!, this.lab.turn)
      }
      // Data at hand are looked at before the run begins, so that what is wrong with them is said at once.
      const opened = dataAtHand(prepared)?.open(compile, folder)
      const control = new RunControl()
      const before = (await readLog(folder.log)).lines
      const live: LiveRun = {
        control,
        summary: { ...before.reduce(advanceSummary, emptySummary(id, recipe, record)), state: opened ? 'running' : 'preparing' },
        history: new HistoryColumns(),
        ended: Promise.resolve('running')
      }
      const toPage = throttleSteps(progress => this.lab.events.emit('run', { run: id, progress }))
      const report = (progress: RunProgress): void => {
        live.history.add(progress)
        live.summary = advanceSummary(live.summary, progress)
        for (const listener of this.#listeners) listener(id, progress)
        toPage(progress)
        if (progress.kind === 'state' || progress.kind === 'done') void this.#announce()
      }
      this.#live.set(id, live)
      // What a resumed run has behind it, once the log has been cut to its checkpoint.
      const resumed = (lines: readonly RunProgress[]): void => {
        for (const line of lines) live.history.add(line)
        live.summary = { ...lines.reduce(advanceSummary, emptySummary(id, recipe, record)), state: 'running' }
      }
      const train = async (): Promise<RunState> => {
        const data =
          typeof prepared.data === 'function'
            ? await gatherData({ folder, record, control, report }, prepared.data)
            : prepared.data
        if (typeof data === 'string') return data
        const deliver = (result: TrainedResult) => this.#deliver({ folder, recipe, record, prepared }, data, result)
        return runLoop({ folder, recipe, control, report, resumed, deliver }, opened ?? data.open(compile, folder))
      }
      const ended = train()
        .catch((error: unknown): RunState => {
          // What fails before the log is open stands nowhere yet.
          if (live.summary.state !== 'failed') {
            const { step } = live.summary
            report({ kind: 'failed', step, ...failureOf(error) })
            report({ kind: 'state', step, state: 'failed', time: new Date().toISOString() })
          }
          return 'failed'
        })
        .finally(async () => {
          await release()
          // The row stays as it is, also where a full disk has kept the last lines from the log.
          this.#resting.set(id, { stamp: await stampOf(folder.log), summary: live.summary })
          this.#live.delete(id)
        })
      Object.assign(live, { ended })
      void this.#announce()
      return live.summary
    } catch (error) {
      await release()
      throw error
    }
  }

  #deliver(
    run: Pick<FinishedRun, 'folder' | 'recipe' | 'record' | 'prepared'>,
    { corpus }: RunData,
    result: TrainedResult
  ): Promise<string> {
    const { history, summary } = this.#live.get(run.folder.id)!
    const finished = {
      ...run,
      corpus,
      history: history.snapshot(run.folder.id),
      ...(summary.metrics && { metrics: summary.metrics }),
      threads: this.lab.threads()
    }
    return writeResult(this.lab.models, finished, result)
  }

  async pause(id: string): Promise<RunSummary> {
    return this.#ask(id, 'pause')
  }

  async stop(id: string): Promise<RunSummary> {
    return this.#ask(id, 'stop')
  }

  async #ask(id: string, request: 'pause' | 'stop'): Promise<RunSummary> {
    const live = this.#live.get(id)
    if (!live) {
      const { state } = await this.summary(id)
      throw new LabFailure('run-resting', `The run ${id} is not going on here: it is ${state}.`, { run: id, state })
    }
    const settled = this.#untilState(
      id,
      request === 'pause' ? ['paused', 'stopped', 'done', 'failed'] : ['stopped', 'done', 'failed']
    )
    live.control.ask(request)
    await settled
    return live.summary
  }

  /** Waits until a live run enters one of the states. */
  #untilState(id: string, states: readonly RunState[]): Promise<void> {
    const live = this.#live.get(id)!
    if (states.includes(live.summary.state)) return Promise.resolve()
    return new Promise(resolve => {
      const end = this.onProgress((run, progress) => {
        if (run !== id || progress.kind !== 'state' || !states.includes(progress.state)) return
        end()
        resolve()
      })
    })
  }

  /** Waits until a run has ended; the state in which it then stands. */
  async ended(id: string): Promise<RunState> {
    return (await this.#live.get(id)?.ended) ?? (await this.summary(id)).state
  }

  async delete(id: string): Promise<{ trash: string }> {
    const folder = await this.folder(id)
    if (this.#live.has(id) || (await lockHolder(folder.lock)) !== undefined)
      throw new LabFailure('run-going-on', `The run ${id} is still going on. Stop it before deleting it.`, { run: id })
    const trash = await moveToTrash(this.lab.home, 'runs', id)
    await this.#announce()
    return { trash }
  }

  async restore(trash: string): Promise<RunSummary> {
    const id = await restoreFromTrash(this.lab.home, 'runs', trash)
    await this.#announce()
    return this.summary(id)
  }

  async #announce(): Promise<void> {
    this.lab.events.emit('runs', { runs: await this.list() })
  }

  /** Lets every run keep a checkpoint and ends it; such a run can be resumed. */
  async close(): Promise<void> {
    for (const live of this.#live.values()) live.control.ask('close')
    await Promise.all([...this.#live.values()].map(live => live.ended))
  }
}

/** What the run learns from; undefined where it has to be gathered first. */
function dataAtHand({ data }: PreparedRun): RunData | undefined {
  return typeof data === 'function' ? undefined : data
}

/** Changes whenever the file does. */
async function stampOf(path: string): Promise<string> {
  const info = await stat(path).catch(() => undefined)
  return `${info?.mtimeMs}-${info?.size}`
}

/** Local date and time for a folder's name, such as 20260305-141502. */
function timestamp(): string {
  const now = new Date()
  const two = (value: number) => String(value).padStart(2, '0')
  return `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}-${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`
}
