/** What else training and decoding in the engine should be: steady in memory, easy on the event loop, better in batches. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Engine, Plan } from '../../engine/plan.ts'
import { initialise } from '../../graph/initialisation.ts'
import { batchesFrom, graphOf, optimiserOf, trainingData, type TrainingModel } from './training-models.ts'

async function openPlan(engine: Engine, model: TrainingModel, threads: number, streams = 0): Promise<Plan> {
  const graph = graphOf(model)
  const { batch, config } = model
  const plan = engine.compile(graph, { batch, length: config.context, threads, streams, optimiser: optimiserOf(model, graph) })
  await plan.writeParameters(initialise(graph, 1337))
  return plan
}

const megabytes = (bytes: number) => bytes / 2 ** 20
const resident = () => megabytes(process.memoryUsage.rss())

export interface Steadiness {
  readonly model: string
  readonly steps: number
  readonly plannedMegabytes: number
  /** Resident memory of the process, before the plan and after its last step. */
  readonly residentMegabytes: { readonly before: number; readonly after: number }
  /** From the 100th step to the last. */
  readonly growthMegabytes: number
  /** Delay of the event loop while training, milliseconds; the timer that measures it adds one. */
  readonly eventLoopDelay: { readonly median: number; readonly p99: number; readonly most: number }
}

/** Trains as a run does, some steps a call. */
export async function measureSteadiness(
  engine: Engine,
  model: TrainingModel,
  threads: number,
  steps: number
): Promise<Steadiness> {
  const before = resident()
  const plan = await openPlan(engine, model, threads)
  const delay = monitorEventLoopDelay({ resolution: 1 })
  try {
    const data = trainingData(model, 24)
    const each = model.batch * model.config.context
    const some = Math.min(10, steps)
    const rates = new Float64Array(some).fill(model.learningRate)
    let settled = 0
    for (let step = 0; step < steps; step += some) {
      await plan.train(batchesFrom(data, each, step, some), rates)
      if (step <= 100) settled = resident()
      // Compiling and warming up are over.
      if (step === 0) delay.enable()
    }
    delay.disable()
    const milliseconds = (nanoseconds: number) => nanoseconds / 1e6
    return {
      model: model.name,
      steps,
      plannedMegabytes: megabytes(plan.bytes),
      residentMegabytes: { before, after: resident() },
      growthMegabytes: resident() - settled,
      eventLoopDelay: {
        median: milliseconds(delay.percentile(50)),
        p99: milliseconds(delay.percentile(99)),
        most: milliseconds(delay.max)
      }
    }
  } finally {
    await plan.close()
  }
}

export interface BatchedDecoding {
  readonly model: string
  /** Best round, tokens per second of all streams together. */
  readonly streams: readonly { readonly streams: number; readonly tokensPerSecond: number; readonly ratio: number }[]
}

/** Cached generation to the end of the context. */
export async function measureDecoding(
  engine: Engine,
  model: TrainingModel,
  threads: number,
  rounds: number
): Promise<BatchedDecoding> {
  const counts = [1, 16, 64]
  const plan = await openPlan(engine, model, threads, Math.max(...counts))
  try {
    const maxTokens = model.config.context - 1
    const best = counts.map(() => 0)
    for (let round = 0; round <= rounds; round++)
      for (const [i, count] of counts.entries()) {
        const prompts = Array.from({ length: count }, (_, stream) => Int32Array.of(stream))
        const { seconds } = await plan.generate({ prompts, maxTokens, temperature: 1, seed: round })
        if (round > 0) best[i] = Math.max(best[i]!, (count * maxTokens) / seconds)
      }
    return {
      model: model.name,
      streams: counts.map((streams, i) => ({ streams, tokensPerSecond: best[i]!, ratio: best[i]! / best[0]! }))
    }
  } finally {
    await plan.close()
  }
}
