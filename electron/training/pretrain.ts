/**
 * Pretraining: a GPT learns to predict the next token of one text.
 *
 * The loop is nanoGPT's: draw a batch, loss, gradients, clipping, AdamW; every so often look at the held-out
 * text and let the model write. The engine is asked for several steps a call, so that a call lasts about 75 ms:
 * long enough to cost nothing, short enough to pause at once. How many steps a call has, how often a checkpoint
 * is written and how often the process dies change no bit of the result.
 */
import { basename } from 'node:path'
import { LabFailure, failureOf } from '../contract/failure.ts'
import type { PretrainRecipe, RunProgress, RunState } from '../contract/training.ts'
import type { Batch, Plan, StepsResult } from '../engine/plan.ts'
import { countParameters, type Graph } from '../graph/graph.ts'
import type { Parameters } from '../graph/parameters.ts'
import { resumedRandom, seededRandom } from '../sampling/random.ts'
import { loadCheckpoint, saveCheckpoint } from './checkpoint.ts'
import type { RunControl } from './run-control.ts'
import type { RunFolder } from './run-folder.ts'
import { RunLog } from './run-log.ts'
import { learningRates } from './schedule.ts'
import { Throughput } from './throughput.ts'
import { evenStarts, everyStart, randomStarts, windowsAt } from './windows.ts'

/** Everything that a pretraining run works with. */
export interface Pretraining {
  readonly folder: RunFolder
  readonly recipe: PretrainRecipe
  readonly graph: Graph
  /** Compiled for `batch` sequences of the recipe's context; closed by the caller. */
  readonly plan: Plan
  /** Sequences in a batch: the recipe's, or all windows of the text. */
  readonly batch: number
  /** Values to start from; asked for when there is no checkpoint. */
  initial(): Parameters
  readonly tokens: { readonly train: Int32Array; readonly validation: Int32Array }
  readonly control: RunControl
  /** Lets the model write from the recipe's prompt; the text is a function of the weights and the step. */
  writeSample(step: number): Promise<string>
  /** Lines of the log that stay, before training goes on. */
  resumed(lines: readonly RunProgress[]): void
  /** What happens, as it happens; the same lines go into the log. */
  report(progress: RunProgress): void
  /** Waits for this run's turn at the processor, which several runs may share. */
  turn<T>(work: () => Promise<T>): Promise<T>
  /** Makes a model of the result; gives its id. */
  deliver(result: TrainedResult): Promise<string>
}

/** What came out. Losses are nats a token. */
export interface TrainedResult {
  readonly parameters: Parameters
  readonly step: number
  readonly seconds: number
  readonly trainLoss: number
  /** Null where nothing is held out. */
  readonly validationLoss: number | null
  readonly tokensPerSecond: number
}

/** How long one call of the engine should last, seconds. */
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
export async function pretrain(run: Pretraining): Promise<RunState> {
  const { recipe, plan, control, folder } = run
  const { context } = recipe.model
  const tokensPerStep = run.batch * context
  const shapes = new Map(run.graph.parameters.map(parameter => [parameter.name, parameter.shape]))
  const { checkpoint, damaged } = await loadCheckpoint(folder.checkpoints)
  const lost = !checkpoint && damaged.length > 0
  const log = await RunLog.open(folder.log, checkpoint?.state.step ?? (lost ? Infinity : -1))

  let step = checkpoint?.state.step ?? 0
  const random = checkpoint ? resumedRandom(checkpoint.random) : seededRandom(recipe.seed, batchStream)
  let evaluated = log.kept.findLast(line => line.kind === 'evaluation')
  let stepsPerCall = 1
  let saved = { step: checkpoint?.state.step ?? -1, at: performance.now() }
  let saving = Promise.resolve()
  const throughput = new Throughput()
  const clock = new Stopwatch(checkpoint?.seconds ?? 0)
  const trained = { tokens: 0, seconds: 0 }
  const cost = { evaluation: 0, sample: 0 }

  const report = (progress: RunProgress): void => {
    log.append(progress)
    run.report(progress)
  }
  const enter = (state: RunState): RunState => {
    report({ kind: 'state', step, state, time: new Date().toISOString() })
    return state
  }

  /** Windows of the next `count` steps, drawn one step after another. */
  const drawBatches = (count: number): Batch => {
    const starts = Array.from({ length: count }, () =>
      recipe.batch.draw === 'all'
        ? everyStart(run.tokens.train, context)
        : randomStarts(run.tokens.train, context, run.batch, random)
    )
    return windowsAt(run.tokens.train, starts.flat(), context, recipe.batch.loss)
  }

  /** Mean loss over evenly spaced windows of a text: the same windows every time, so the curve shows learning and not luck. */
  const meanLoss = async (text: Int32Array): Promise<number> => {
    const all = recipe.batch.draw === 'all' && text === run.tokens.train
    const starts = all ? everyStart(text, context) : evenStarts(text, context, run.batch * recipe.evaluation.batches)
    const stride = run.batch * Math.max(1, stepsPerCall)
    let sum = 0
    for (let from = 0; from < starts.length; from += stride) {
      const batch = windowsAt(text, starts.slice(from, from + stride), context, recipe.batch.loss)
      for (const loss of await run.turn(() => plan.evaluate(batch))) sum += loss
    }
    return sum / (starts.length / run.batch)
  }

  const evaluate = async (): Promise<void> => {
    const since = performance.now()
    const trainLoss = await meanLoss(run.tokens.train)
    const validationLoss = run.tokens.validation.length > context ? await meanLoss(run.tokens.validation) : null
    evaluated = { kind: 'evaluation', step, trainLoss, validationLoss }
    report(evaluated)
    cost.evaluation = (performance.now() - since) / 1000
  }

  const sample = async (): Promise<void> => {
    const since = performance.now()
    const text = await run.turn(() => run.writeSample(step))
    report({ kind: 'sample', step, prompt: recipe.samples.prompt, text })
    cost.sample = (performance.now() - since) / 1000
  }

  /** The log is on the disk before the checkpoint that vouches for it; the writing overlaps with training. */
  const save = async (): Promise<void> => {
    if (saved.step === step) return
    await saving
    const since = performance.now()
    const state = await run.turn(() => plan.readState())
    // An update can leave the numbers behind one step before the loss shows it; such a state is worth nothing.
    if (![...state.parameters.values()].every(isFiniteEverywhere)) throw diverged(step, saved.step)
    const record = { state, seconds: clock.seconds, random: random.state() }
    report({ kind: 'checkpoint', step, seconds: clock.seconds })
    saved = { step, at: since }
    saving = log.flush().then(() => saveCheckpoint(folder.checkpoints, record, shapes))
    // A failure is met where the promise is awaited next.
    saving.catch(() => {})
  }

  const reportSteps = (result: StepsResult, rates: Float64Array, seconds: number): void => {
    throughput.add(rates.length * tokensPerStep, seconds)
    trained.tokens += rates.length * tokensPerStep
    trained.seconds += seconds
    const after = clock.seconds
    rates.forEach((learningRate, i) => {
      const at = step + i + 1
      const todo = (every: number) => Math.ceil((recipe.steps - at) / every)
      report({
        kind: 'step',
        step: at,
        loss: result.losses[i]!,
        learningRate,
        gradientNorm: result.gradientNorms[i]!,
        tokensPerSecond: throughput.tokensPerSecond,
        seconds: after - (seconds * (rates.length - 1 - i)) / rates.length,
        secondsLeft:
          throughput.secondsFor((recipe.steps - at) * tokensPerStep) +
          todo(recipe.evaluation.every) * cost.evaluation +
          todo(recipe.samples.every) * cost.sample
      })
    })
  }

  const train = async (): Promise<void> => {
    const boundary = (every: number) => every - (step % every)
    const count = Math.min(stepsPerCall, recipe.steps - step, boundary(recipe.evaluation.every), boundary(recipe.samples.every))
    const batch = drawBatches(count)
    const rates = learningRates(step, count, recipe)
    const since = performance.now()
    const result = await run.turn(() => plan.train(batch, rates))
    reportSteps(result, rates, (performance.now() - since) / 1000)
    step += count
    // Doubling at most, so that one quick call does not make the next one long.
    stepsPerCall = Math.max(1, Math.min(mostStepsPerCall, count * 2, Math.round((callSeconds * count) / result.seconds)))
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
    const { trainLoss, validationLoss } = evaluated!
    const tokensPerSecond = trained.seconds > 0 ? trained.tokens / trained.seconds : (step * tokensPerStep) / clock.seconds
    const parameters = await run.turn(() => plan.readParameters())
    const model = await run.deliver({ parameters, step, seconds: clock.seconds, trainLoss, validationLoss, tokensPerSecond })
    enter(state)
    report({ kind: 'done', run: folder.id, model, steps: step, trainLoss, validationLoss, tokensPerSecond })
    return state
  }

  const start = async (): Promise<void> => {
    if (checkpoint) {
      await plan.writeState(checkpoint.state)
      enter('running')
      return
    }
    await plan.writeParameters(run.initial())
    report({ kind: 'start', step, time: new Date().toISOString(), parameters: countParameters(run.graph) })
    enter('running')
    await evaluate()
    await sample()
  }

  try {
    run.resumed(log.kept)
    if (lost) throw damagedCheckpoints(damaged)
    await start()
    let ending = await asked()
    while (!ending && step < recipe.steps) {
      await train()
      const last = step === recipe.steps
      if (last || step % recipe.evaluation.every === 0) await evaluate()
      if (last || step % recipe.samples.every === 0) await sample()
      if (performance.now() - saved.at >= recipe.checkpointSeconds * 1000) await save()
      await log.write()
      ending = await asked()
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

/** Seconds of training, pauses left out. */
class Stopwatch {
  #before: number
  #since: number | undefined = performance.now()

  constructor(secondsBefore: number) {
    this.#before = secondsBefore
  }

  get seconds(): number {
    return this.#before + (this.#since === undefined ? 0 : (performance.now() - this.#since) / 1000)
  }

  pause(): void {
    this.#before = this.seconds
    this.#since = undefined
  }

  resume(): void {
    this.#since = performance.now()
  }
}
