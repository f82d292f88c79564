/** One model: the engine on one thread and on more, and PyTorch, in turns. */
import type { Engine, Plan } from '../../engine/plan.ts'
import { initialise } from '../../graph/initialisation.ts'
import { TorchPeer, writeTorchFiles, type TorchFiles } from './torch-peer.ts'
import { torchSettings, type TorchSetting } from './torch-process.ts'
import { batchesFrom, graphOf, operationsPerStep, optimiserOf, trainingData, type TrainingModel } from './training-models.ts'

/** Losses of this many steps are compared: rounding has not yet grown into anything of its own. */
const comparedSteps = 20
const lossTolerance = 1e-3

export interface TrainingRace {
  readonly model: string
  readonly title: string
  readonly parameters: number
  /** Best round of each, milliseconds a step. */
  readonly own: readonly { readonly threads: number; readonly milliseconds: number; readonly ofPeak: number }[]
  readonly torch?: {
    readonly milliseconds: number
    readonly setting: TorchSetting
    readonly version: string
    /** PyTorch's time to our faster one. */
    readonly ratio: number
    /** Largest difference of the losses of the first steps. */
    readonly lossDifference: number
  }
  readonly plannedBytes: number
  /** The same weights, however many threads. */
  readonly sameBits: boolean
  readonly ok: boolean
}

/** A runner's rounds so far. */
interface Runner {
  train(): Promise<{ seconds: number; losses: ArrayLike<number> }>
  readonly steps: number
  readonly times: number[]
  readonly losses: number[]
}

async function turn(runner: Runner): Promise<void> {
  const { seconds, losses } = await runner.train()
  runner.times.push((seconds * 1000) / runner.steps)
  runner.losses.push(...Array.from(losses))
}

/** The fastest way to run PyTorch here: each is warmed up and timed twice. */
async function bestSetting(files: TorchFiles, threads: number, steps: number): Promise<TorchSetting> {
  let best: { setting: TorchSetting; seconds: number } | undefined
  for (const setting of torchSettings(threads)) {
    const { peer } = await TorchPeer.start(files, setting)
    await peer.train(1)
    const seconds = Math.min((await peer.train(steps)).seconds, (await peer.train(steps)).seconds)
    peer.close()
    if (!best || seconds < best.seconds) best = { setting, seconds }
  }
  return best!.setting
}

function ownRunner(plan: Plan, model: TrainingModel, data: Record<'tokens' | 'targets', Int32Array>): Runner {
  const { own } = model.steps
  const rates = new Float64Array(own).fill(model.learningRate)
  let done = 0
  return {
    steps: own,
    times: [],
    losses: [],
    train: () => plan.train(batchesFrom(data, model.batch * model.config.context, (done += own) - own, own), rates)
  }
}

/**
 * @param threads the larger number of threads; one is measured as well
 * @param peaks highest measured peak by number of threads, GFLOP/s; measured again in every round, since a machine
 *   that is shared or hot does not always give the same
 */
export async function raceTraining(
  engine: Engine,
  model: TrainingModel,
  options: {
    readonly threads: number
    readonly peaks: Map<number, number>
    readonly rounds: number
    readonly withTorch: boolean
    readonly note: (text: string) => void
  }
): Promise<TrainingRace> {
  const { threads, peaks, rounds, note } = options
  const graph = graphOf(model)
  const optimiser = optimiserOf(model, graph)
  const parameters = initialise(graph, 1337)
  const data = trainingData(model, 24)
  const counts = threads > 1 ? [1, threads] : [1]
  const plans: Plan[] = []
  const files = await writeTorchFiles(model, graph, optimiser, parameters, data)
  let torch: { peer: TorchPeer; version: string; setting: TorchSetting } | undefined
  try {
    for (const count of counts) {
      const { batch, config } = model
      plans.push(engine.compile(graph, { batch, length: config.context, threads: count, optimiser }))
      await plans.at(-1)!.writeParameters(parameters)
    }
    if (options.withTorch) {
      note(`${model.name}: PyTorch’s best setting`)
      const setting = await bestSetting(files, threads, model.steps.peer)
      torch = { ...(await TorchPeer.start(files, setting)), setting }
    }
    const own = plans.map(plan => ownRunner(plan, model, data))
    const peer: Runner | undefined = torch && {
      steps: model.steps.peer,
      times: [],
      losses: [],
      train: () => torch!.peer.train(model.steps.peer)
    }
    // The first round warms up and is not counted; its losses are.
    for (let round = 0; round <= rounds; round++) {
      note(`${model.name}: round ${round} of ${rounds}`)
      for (const count of counts) peaks.set(count, Math.max(peaks.get(count) ?? 0, await engine.measurePeak(count)))
      for (const runner of [...own, ...(peer ? [peer] : [])]) await turn(runner)
    }
    const best = (runner: Runner) => Math.min(...runner.times.slice(1))
    const operations = operationsPerStep(model, graph)
    const milliseconds = own.map(best)
    const sameBits = own.every(({ losses }) => losses.every((loss, i) => loss === own[0]!.losses[i]))
    const lossDifference = peer
      ? Math.max(...peer.losses.slice(0, comparedSteps).map((loss, i) => Math.abs(loss - own[0]!.losses[i]!)))
      : 0
    return {
      model: model.name,
      title: model.title,
      parameters: [...parameters.values()].reduce((sum, { length }) => sum + length, 0),
      own: counts.map((count, i) => ({
        threads: count,
        milliseconds: milliseconds[i]!,
        ofPeak: operations / (milliseconds[i]! * 1e6) / peaks.get(count)!
      })),
      ...(torch && {
        torch: {
          milliseconds: best(peer!),
          setting: torch.setting,
          version: torch.version,
          ratio: best(peer!) / Math.min(...milliseconds),
          lossDifference
        }
      }),
      plannedBytes: plans.at(-1)!.bytes,
      sameBits,
      ok: sameBits && lossDifference <= lossTolerance
    }
  } finally {
    torch?.peer.close()
    await Promise.all(plans.map(plan => plan.close()))
    await files.remove()
  }
}
