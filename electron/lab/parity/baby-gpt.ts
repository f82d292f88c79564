/** Parity of Karpathy's baby GPT, from the file's weights and from the seed alone. */
import type { Batch, Engine, OptimiserOptions } from '../../engine/plan.ts'
import { gptGraph } from '../../graph/gpt.ts'
import { elements, type Graph } from '../../graph/graph.ts'
import { initialise } from '../../graph/initialisation.ts'
import type { Parameters } from '../../graph/parameters.ts'
import { everyStart, windowsAt } from '../../training/windows.ts'
import type { Safetensors } from '../../graph/safetensors.ts'
import { largestDifference, quantity, type Quantity, type ParityOptions } from './quantity.ts'
import { ReferenceTensors } from './reference-tensors.ts'

/** What a reference file of a baby GPT says. */
export interface BabyGptReference {
  readonly graph: Graph
  readonly optimiser: OptimiserOptions
  readonly learningRate: number
  readonly seed: number
  readonly initial: Parameters
  readonly sequence: Int32Array
  readonly losses: Float64Array
  /** P(1|state) for 000, 001, … before training and after as many steps as there are losses. */
  readonly before: Float64Array
  readonly after: Float64Array
}

/** @throws LabFailure `fixture-incomplete`, and those of `gptGraph` */
export function readBabyGpt(file: Safetensors): BabyGptReference {
  const reference = new ReferenceTensors(file)
  const losses = reference.values('losses', Float64Array)
  const graph = gptGraph({
    layers: reference.number('n_layer'),
    heads: reference.number('n_head'),
    channels: reference.number('n_embd'),
    context: reference.number('context'),
    vocabulary: reference.number('vocab'),
    bias: reference.flag('linear_bias'),
    normBias: reference.has('init.transformer.ln_f.bias'),
    tied: reference.flag('tied_head'),
    dropout: 0
  })
  const stated = (pattern: RegExp) => reference.read('optimiser', pattern)
  return {
    graph,
    optimiser: {
      beta1: stated(/betas ([\d.e-]+)/),
      beta2: stated(/betas [\d.e-]+ ([\d.e-]+)/),
      epsilon: stated(/eps ([\d.e-]+)/),
      weightDecay: stated(/weight decay ([\d.e-]+) on every parameter/),
      decayed: graph.parameters.map(({ name }) => name),
      clip: 0
    },
    learningRate: stated(/lr ([\d.e-]+)/),
    seed: reference.number('seed'),
    initial: reference.parameters('init.'),
    sequence: Int32Array.from(reference.text('sequence'), Number),
    losses,
    before: reference.values('p1.before', Float64Array),
    after: reference.values(`p1.after${losses.length}`, Float64Array)
  }
}

/** All states of full windows, in the order of counting: the last token moves fastest. */
export function allStates(vocabulary: number, context: number): Int32Array {
  const states = new Int32Array(vocabulary ** context * context)
  for (let i = 0; i < states.length; i++)
    states[i] = Math.floor(Math.floor(i / context) / vocabulary ** (context - 1 - (i % context))) % vocabulary
  return states
}

/** P(1|state) of every state from logits (states·context, vocabulary). */
function probabilitiesOfOne(logits: Float32Array, vocabulary: number, context: number): Float64Array {
  return Float64Array.from({ length: vocabulary ** context }, (_, state) => {
    const last = ((state + 1) * context - 1) * vocabulary
    const row = logits.subarray(last, last + vocabulary)
    const most = Math.max(...row)
    const exponentials = Array.from(row, logit => Math.exp(logit - most))
    return exponentials[1]! / exponentials.reduce((sum, value) => sum + value, 0)
  })
}

/** Windows of the sequence as one full batch a step. */
function fullBatches(sequence: Int32Array, context: number, steps: number): { batch: number; inputs: Batch } {
  const starts = everyStart(sequence, context)
  const every = Array.from({ length: steps }, () => starts).flat()
  return { batch: starts.length, inputs: windowsAt(sequence, every, context, 'last') }
}

/**
 * Trains the baby GPT twice, from the file's weights and from those that its seed gives.
 * @throws LabFailure `fixture-incomplete` and those of the engine
 */
export async function babyGptParity(file: Safetensors, engine: Engine, options: ParityOptions): Promise<Quantity[]> {
  const { graph, optimiser, learningRate, seed, initial, sequence, losses, before, after } = readBabyGpt(file)
  const { context, vocabulary } = graph
  const steps = losses.length
  const { batch, inputs } = fullBatches(sequence, context, steps)
  const plan = engine.compile(graph, { batch, length: context, optimiser, ...options })
  const states = allStates(vocabulary, context)
  const distribution = async () => probabilitiesOfOne(await plan.logits(states, context), vocabulary, context)
  const zeros: Parameters = new Map(graph.parameters.map(({ name, shape }) => [name, new Float32Array(elements(shape))]))
  const trainFrom = async (parameters: Parameters) => {
    await plan.writeState({ step: 0, parameters, firstMoments: zeros, secondMoments: zeros })
    const start = await distribution()
    const trained = await plan.train(inputs, new Float64Array(steps).fill(learningRate))
    return { start, losses: trained.losses, end: await distribution() }
  }
  try {
    const loaded = await trainFrom(initial)
    const seeded = await trainFrom(initialise(graph, seed))
    return [
      quantity('P(1|state) before training', 'native', largestDifference(loaded.start, before), 1e-5),
      quantity('losses', 'native', largestDifference(loaded.losses, losses), 2e-4),
      quantity(`P(1|state) after ${steps} steps`, 'native', largestDifference(loaded.end, after), 1e-3),
      quantity(`P(1|state) after ${steps} steps, from seed ${seed} alone`, 'native', largestDifference(seeded.end, after), 1e-3)
    ]
  } finally {
    await plan.close()
  }
}
