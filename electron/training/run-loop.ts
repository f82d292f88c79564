/**
 * What the runs of all stages have in common around their steps: the log, checkpoints, pauses, evaluations and
 * samples at their times, speed and time left, and going on with the same bits after an interruption.
 *
 * A stage is asked for several steps a call, so that a call lasts about 75 ms: long enough to cost nothing, short
 * enough to pause at once. How many steps a call has, how often a checkpoint is written and how often the process
 * dies change no bit of the result.
 */
import { basename } from 'node:path'
import { LabFailure, failureOf } from '../contract/failure.ts'
import type { Recipe, RunProgress, RunState } from '../contract/training.ts'
import type { Plan } from '../engine/plan.ts'
import { countParameters, type Graph } from '../graph/graph.ts'
import type { Parameters } from '../graph/parameters.ts'
import { resumedRandom, seededRandom, type Random } from '../sampling/random.ts'
import { loadCheckpoint, saveCheckpoint } from './checkpoint.ts'
import type { RunControl } from './run-control.ts'
import type { RunFolder } from './run-folder.ts'
import { RunLog } from './run-log.ts'
import { Stopwatch } from './stopwatch.ts'
import { Throughput } from './throughput.ts'

/** A model that a stage trains; the plan is closed by whoever compiled it. */
export interface TrainedModel {
  readonly plan: Plan
  readonly graph: Graph
}

/** What a stage fills in. */
export interface TrainingStage {
  /** Models whose weights and moments make a checkpoint; `model` is the one that comes out. */
  readonly models: Readonly<Record<string, TrainedModel>> & { readonly model: TrainedModel }
  /** Gives the models their first values; not called where there is a checkpoint. */
  initialise(): Promise<void>
  /** Trains `count` steps. What it draws, it draws from `random`. */
  train(call: { readonly step: number; readonly count: number; readonly random: Random }): Promise<StageSteps>
  /** Looks at the data to learn and at those held out, always at the same ones. */
  evaluate?(call: { readonly step: number; readonly stepsPerCall: number }): Promise<StageEvaluation>
  /** Lets the model write; the text is a function of the weights and the step. */
  sample?(step: number): Promise<{ readonly prompt: string; readonly text: string }>
  /** What has to be remembered besides weights, as JSON. */
  memory?(): unknown
  /** Takes up what `memory` gave, once the models have their states again. */
  restore?(memory: unknown): Promise<void>
}

/** What a call of `train` did; one entry a step. */
export interface StageSteps {
  readonly losses: ArrayLike<number>
  readonly gradientNorms: ArrayLike<number>
  readonly learningRates: ArrayLike<number>
  /** Seconds of computing. */
  readonly seconds: number
  /** Tokens that were worked through. */
  readonly tokens: number
  /** Further lines for the log, of the last step: metrics, rollouts. */
  readonly lines?: readonly RunProgress[]
  /** The stage has seen enough: the run is done although steps are left. */
  readonly enough?: boolean
}

export interface StageEvaluation {
  readonly trainLoss: number
  /** Null where nothing is held out. */
  readonly validationLoss: number | null
  readonly metrics?: Readonly<Record<string, number>>
}

/** The run that a stage is trained in. */
export interface Run {
  readonly folder: RunFolder
  readonly recipe: Recipe
  readonly control: RunControl
  /** Lines of the log that stay, before training goes on. */
  resumed(lines: readonly RunProgress[]): void
  /** What happens, as it happens; the same lines go into the log. */
  report(progress: RunProgress): void
  /** Makes a model of the result; gives its id. */
  deliver(result: TrainedResult): Promise<string>
}

/** What came out. Losses are those of the stage. */
export interface TrainedResult {
  readonly parameters: Parameters
  readonly step: number
  readonly seconds: number
  readonly trainLoss: number
  /** Null where nothing is held out. */
  readonly validationLoss: number | null
  readonly tokensPerSecond: number
}

/** How long one call of a stage should last, seconds. */
const callSeconds = 0.075
/** Bounds the memory of one call's batches for models that need microseconds a step. */
const mostStepsPerCall = 1024
/** Stream of the recipe's seed that draws batches; samples and dropout use others. */
const batchStream = 1

/**
 * Trains from the newest checkpoint, or from the start, until the last step or until asked to stop.
 * @returns the state in which the run now stands: `done`, `stopped`, or, when the lab closes, `interrupted` or `paused`
 * @throws LabFailure `run-diverged` (details.step, details.checkpoint), `checkpoints-damaged`, and what the engine or the disk fail with; the log says so too
 */
export async function runLoop(run: Run, stage: TrainingStage): Promise<RunState> {
  const { recipe, control, folder } = run
  const { plan, graph } = stage.models.model
  const { checkpoint, damaged } = await loadCheckpoint(folder.checkpoints)
  const lost = !checkpoint && damaged.length > 0
  const log = await RunLog.open(folder.log, checkpoint?.step ?? (lost ? Infinity : -1))

  let step = checkpoint?.step ?? 0
  const random = checkpoint ? resumedRandom(checkpoint.random) : seededRandom(recipe.seed, batchStream)
  let evaluated = log.kept.findLast(line => line.kind === 'evaluation')
  let trained = log.kept.findLast(line => line.kind === 'step')
  let stepsPerCall = 1
  let saved = { step: checkpoint?.step ?? -1, at: performance.now() }
  let saving = Promise.resolve()
  const throughput = new Throughput()
  const clock = new Stopwatch(checkpoint?.seconds ?? 0)
  const total = { tokens: 0, seconds: 0 }

  const report = (progress: RunProgress): void => {
    log.append(progress)
    run.report(progress)
  }
  const enter = (state: RunState): RunState => {
    report({ kind: 'state', step, state, time: new Date().toISOString() })
    return state
  }

  /** What is done between steps, how often, and the seconds that it took last. */
  const evaluation = { every: recipe.evaluation.every, seconds: 0, work: () => evaluate() }
  const sampling = { every: 'samples' in recipe ? recipe.samples.every : Infinity, seconds: 0, work: () => sample() }
  const between = [evaluation, sampling]
  const timed = async (task: (typeof between)[number]): Promise<void> => {
    const since = performance.now()
    await task.work()
    task.seconds = (performance.now() - since) / 1000
  }

  const evaluate = async (): Promise<void> => {
    if (!stage.evaluate) return
    const { metrics, ...losses } = await stage.evaluate({ step, stepsPerCall })
    evaluated = { kind: 'evaluation', step, ...losses }
    report(evaluated)
    if (metrics) report({ kind: 'metrics', step, values: metrics })
  }

  const sample = async (): Promise<void> => {
    if (stage.sample) report({ kind: 'sample', step, ...(await stage.sample(step)) })
  }

  /** The log is on the disk before the checkpoint that vouches for it; the writing overlaps with training. */
  const save = async (): Promise<void> => {
    if (saved.step === step) return
    await saving
    const since = performance.now()
    const parts = []
    for (const [name, model] of Object.entries(stage.models)) {
      const state = await model.plan.readState()
      // An update can leave the numbers behind one step before the loss shows it; such a state is worth nothing.
      if (![...state.parameters.values()].every(isFiniteEverywhere)) throw diverged(step, saved.step)
      parts.push({ name, state, graph: model.graph })
    }
    const record = {
      step,
      states: Object.fromEntries(parts.map(({ name, state }) => [name, state])),
      seconds: clock.seconds,
      random: random.state(),
      ...(stage.memory && { memory: stage.memory() })
    }
    const shapes = new Map(parts.flatMap(({ graph }) => graph.parameters.map(({ name, shape }) => [name, shape] as const)))
    report({ kind: 'checkpoint', step, seconds: clock.seconds })
    saved = { step, at: since }
    saving = log.flush().then(() => saveCheckpoint(folder.checkpoints, record, shapes))
    // A failure is met where the promise is awaited next.
    saving.catch(() => {})
  }

  const reportSteps = (count: number, result: StageSteps, seconds: number): void => {
    throughput.add(result.tokens, seconds)
    total.tokens += result.tokens
    total.seconds += seconds
    const after = clock.seconds
    for (let i = 0; i < count; i++) {
      const at = step + i + 1
      trained = {
        kind: 'step',
        step: at,
        loss: result.losses[i]!,
        learningRate: result.learningRates[i]!,
        gradientNorm: result.gradientNorms[i]!,
        tokensPerSecond: throughput.tokensPerSecond,
        seconds: after - (seconds * (count - 1 - i)) / count,
        secondsLeft:
          throughput.secondsFor(((recipe.steps - at) * result.tokens) / count) +
          between.reduce((sum, task) => sum + Math.ceil((recipe.steps - at) / task.every) * task.seconds, 0)
      }
      report(trained)
    }
    for (const line of result.lines ?? []) report(line)
  }

  /** @returns whether the stage has seen enough */
  const train = async (): Promise<boolean> => {
    const boundaries = between.map(({ every }) => (every === Infinity ? every : every - (step % every)))
    const count = Math.min(stepsPerCall, recipe.steps - step, ...boundaries)
    const since = performance.now()
    const result = await stage.train({ step, count, random })
    reportSteps(count, result, (performance.now() - since) / 1000)
    step += count
    // Doubling at most, so that one quick call does not make the next one long.
    stepsPerCall = Math.max(1, Math.min(mostStepsPerCall, count * 2, Math.round((callSeconds * count) / result.seconds)))
    return result.enough ?? false
  }

  /** What the loop does between calls: pause, or say that it must end. */
  const asked = async (): Promise<RunState | undefined> => {
    if (control.asked() === 'pause') {
      await save()
      await saving
      enter('paused')
      await log.flush()
      clock.pause()
      await control.untilWoken()
      clock.resume()
      if (control.asked() === 'close') return 'paused'
      if (control.asked() === 'go') enter('running')
    }
    if (control.asked() === 'close') return 'interrupted'
    if (control.asked() === 'stop') return 'stopped'
    return undefined
  }

  const finish = async (state: RunState): Promise<RunState> => {
    const closing = state === 'interrupted' || state === 'paused'
    if (!closing && evaluated?.step !== step) await evaluate()
    await save()
    await saving
    if (closing) return enter(state)
    const { trainLoss, validationLoss } = evaluated ?? { trainLoss: trained?.loss ?? 0, validationLoss: null }
    const tokensPerSecond = total.seconds > 0 ? total.tokens / total.seconds : (trained?.tokensPerSecond ?? 0)
    const parameters = await plan.readParameters()
    const model = await run.deliver({ parameters, step, seconds: clock.seconds, trainLoss, validationLoss, tokensPerSecond })
    enter(state)
    report({ kind: 'done', run: folder.id, model, steps: step, trainLoss, validationLoss, tokensPerSecond })
    return state
  }

  const start = async (): Promise<void> => {
    if (checkpoint) {
      for (const [name, model] of Object.entries(stage.models)) await model.plan.writeState(checkpoint.states[name]!)
      await stage.restore?.(checkpoint.memory)
      enter('running')
      return
    }
    await stage.initialise()
    report({ kind: 'start', step, time: new Date().toISOString(), parameters: countParameters(graph) })
    enter('running')
    for (const task of between) await timed(task)
  }

  try {
    run.resumed(log.kept)
    if (lost) throw damagedCheckpoints(damaged)
    await start()
    let ending = await asked()
    while (!ending && step < recipe.steps) {
      const enough = await train()
      const last = enough || step === recipe.steps
      for (const task of between) if (last || step % task.every === 0) await timed(task)
      if (performance.now() - saved.at >= recipe.checkpointSeconds * 1000) await save()
      await log.write()
      ending = (await asked()) ?? (enough ? 'done' : undefined)
    }
    return await finish(ending ?? 'done')
  } catch (error) {
    const failure = failureOf(namedFailure(error, saved.step))
    report({ kind: 'failed', step, ...failure })
    enter('failed')
    throw new LabFailure(failure.code, failure.message, failure.details)
  } finally {
    await saving.catch(() => {})
    // Where the disk refuses the last lines, what went wrong before counts.
    await log.close().catch(() => {})
  }
}

/** To begin anew is the person's choice: what was trained so far stands in the log until then. */
function damagedCheckpoints(damaged: readonly string[]): LabFailure {
  const files = damaged.map(path => basename(path)).join(', ')
  return new LabFailure(
    'checkpoints-damaged',
    `No checkpoint of this run can be read; the damaged files were set aside as ${files}. Resume once more to train from the start again.`,
    { files }
  )
}

/** A loss that is no number ends a run under a name of its own: the last good checkpoint is what a person needs to know. */
function namedFailure(error: unknown, checkpoint: number): unknown {
  return error instanceof LabFailure && error.code === 'loss-not-finite'
    ? diverged(Number(error.details['step']), checkpoint)
    : error
}

function diverged(step: number, checkpoint: number): LabFailure {
  const kept = checkpoint >= 0 ? `The checkpoint of step ${checkpoint} is kept.` : 'It happened before the first checkpoint.'
  return new LabFailure(
    'run-diverged',
    `The loss became infinite or no number at step ${step}: training diverged. ${kept} Choose a smaller learning rate, a longer warm-up or gradient clipping.`,
    { step, checkpoint }
  )
}

function isFiniteEverywhere(values: Float32Array): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i]!)) return false
  return true
}
