/** The models that training is measured on, and their data. */
import type { Batch, OptimiserOptions } from '../../engine/plan.ts'
import { gptGraph, type GptConfig } from '../../graph/gpt.ts'
import type { Graph } from '../../graph/graph.ts'
import { seededRandom } from '../../sampling/random.ts'

export interface TrainingModel {
  readonly name: string
  readonly title: string
  readonly config: GptConfig
  readonly batch: number
  /** Where the loss is read: at every position, or at the last of each sequence. */
  readonly loss: 'every' | 'last'
  readonly optimiser: Omit<OptimiserOptions, 'decayed'> & { readonly decay: 'matrices' | 'all' }
  readonly learningRate: number
  /** Steps of one round: long enough to be timed, short enough to be interleaved. */
  readonly steps: { readonly own: number; readonly peer: number }
}

const nanoGpt = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0.1, clip: 1, decay: 'matrices' } as const
const plain = { bias: false, tied: true, dropout: 0 }

export const trainingModels: readonly TrainingModel[] = [
  {
    name: 'A',
    title: 'nanoGPT’s CPU configuration: 4 layers, 4 heads, 128 channels, context 64, batch 12, vocabulary 65',
    config: { layers: 4, heads: 4, channels: 128, context: 64, vocabulary: 65, ...plain },
    batch: 12,
    loss: 'every',
    optimiser: nanoGpt,
    learningRate: 1e-3,
    steps: { own: 24, peer: 12 }
  },
  {
    name: 'B',
    title: '6 layers, 6 heads, 384 channels, context 256, batch 8, vocabulary 65',
    config: { layers: 6, heads: 6, channels: 384, context: 256, vocabulary: 65, ...plain },
    batch: 8,
    loss: 'every',
    optimiser: nanoGpt,
    learningRate: 1e-3,
    steps: { own: 2, peer: 1 }
  },
  {
    name: 'C',
    title: 'the baby GPT: 4 layers, 4 heads, 16 channels, context 3, batch 12, vocabulary 2',
    config: { layers: 4, heads: 4, channels: 16, context: 3, vocabulary: 2, ...plain, normBias: true },
    batch: 12,
    loss: 'last',
    optimiser: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.1, clip: 0, decay: 'all' },
    learningRate: 1e-3,
    steps: { own: 2000, peer: 100 }
  },
  {
    name: 'D',
    title: '6 layers, 6 heads, 192 channels, context 128, batch 16, vocabulary 1024',
    config: { layers: 6, heads: 6, channels: 192, context: 128, vocabulary: 1024, ...plain },
    batch: 16,
    loss: 'every',
    optimiser: nanoGpt,
    learningRate: 1e-3,
    steps: { own: 6, peer: 3 }
  }
]

export const graphOf = (model: TrainingModel): Graph => gptGraph(model.config)

export function optimiserOf({ optimiser }: TrainingModel, graph: Graph): OptimiserOptions {
  const decayed = graph.parameters.filter(({ shape }) => optimiser.decay === 'all' || shape.length > 1)
  return { ...optimiser, decayed: decayed.map(({ name }) => name) }
}

/** `batches` batches of seeded tokens: a walk in which the next token is often the one after, so that there is something to learn. */
export function trainingData({ config, batch, loss }: TrainingModel, batches: number): Record<'tokens' | 'targets', Int32Array> {
  const random = seededRandom(2024)
  const { context, vocabulary } = config
  const rows = batches * batch
  const tokens = new Int32Array(rows * context)
  const targets = new Int32Array(rows * context).fill(-1)
  for (let row = 0; row < rows; row++) {
    let token = random.integer(vocabulary)
    for (let t = 0; t < context; t++) {
      tokens[row * context + t] = token
      token = random.uniform() < 0.7 ? (token + 1) % vocabulary : random.integer(vocabulary)
      if (loss === 'every' || t === context - 1) targets[row * context + t] = token
    }
  }
  return { tokens, targets }
}

/** Batches `from` to `from + count` of data that holds `batches`, from the start again where it ends. */
export function batchesFrom(data: Record<'tokens' | 'targets', Int32Array>, each: number, from: number, count: number): Batch {
  const batches = data.tokens.length / each
  const take = (values: Int32Array) => {
    const taken = new Int32Array(count * each)
    for (let i = 0; i < count; i++) {
      const at = (from + i) % batches
      taken.set(values.subarray(at * each, (at + 1) * each), i * each)
    }
    return taken
  }
  return { tokens: take(data.tokens), targets: take(data.targets) }
}

/**
 * Floating-point operations of one step: two for each multiply-add of the products, forward once and
 * backward twice; attention below the diagonal only. The rest is small beside them and left out.
 */
export function operationsPerStep(model: TrainingModel, graph: Graph): number {
  const { layers, channels, context, vocabulary } = model.config
  const rows = model.batch * context
  const weights = graph.parameters
    .filter(({ name, shape }) => shape.length === 2 && !/w[tp]e|lm_head/.test(name))
    .reduce((sum, { shape }) => sum + shape[0]! * shape[1]!, 0)
  return 6 * rows * (weights + vocabulary * channels) + 6 * layers * model.batch * context * context * channels
}
