/** Parity of a GPT: forward, gradients and training of the native engine against PyTorch's. */
import type { Engine, OptimiserOptions } from '../../engine/plan.ts'
import { gptGraph, type GptConfig } from '../../graph/gpt.ts'
import type { Graph } from '../../graph/graph.ts'
import type { Parameters } from '../../graph/parameters.ts'
import type { Safetensors } from '../../graph/safetensors.ts'
import { geluError } from './gelu.ts'
import { largestDifference, quantity, relativeDifference, type Quantity, type ParityOptions } from './quantity.ts'
import { ReferenceTensors } from './reference-tensors.ts'

/** What a reference file of a GPT says. */
export interface GptReference {
  readonly config: GptConfig
  readonly graph: Graph
  readonly optimiser: OptimiserOptions
  readonly learningRate: number
  readonly initial: Parameters
  /** Tokens and targets of every step, one batch after another. */
  readonly tokens: Int32Array
  readonly targets: Int32Array
  readonly batch: number
  readonly length: number
  /** (B·T, V) of the first batch, before any step. */
  readonly logits: Float32Array
  /** Of the first batch, before any step. */
  readonly gradients: Parameters
  /** One entry a step. */
  readonly losses: Float64Array
  readonly gradientNorms: Float64Array
  readonly final: Parameters
}

/** @throws LabFailure `fixture-incomplete`, and those of `gptGraph` */
export function readGpt(file: Safetensors): GptReference {
  const reference = new ReferenceTensors(file)
  const config: GptConfig = {
    layers: reference.number('n_layer'),
    heads: reference.number('n_head'),
    channels: reference.number('n_embd'),
    context: reference.number('block_size'),
    vocabulary: reference.number('vocab_size'),
    bias: reference.flag('bias'),
    tied: !reference.has('init.lm_head.weight'),
    dropout: 0
  }
  const graph = gptGraph(config)
  const losses = reference.values('losses', Float64Array)
  const [batch = 1, length = 1] = reference.shape('batch.0.x')
  const allBatches = (side: 'x' | 'y') => {
    const values = new Int32Array(losses.length * batch * length)
    losses.forEach((_, step) => values.set(reference.values(`batch.${step}.${side}`, Int32Array), step * batch * length))
    return values
  }
  return {
    config,
    graph,
    optimiser: {
      beta1: reference.number('beta1'),
      beta2: reference.number('beta2'),
      epsilon: reference.number('eps'),
      weightDecay: reference.number('weight_decay'),
      decayed: graph.parameters.filter(({ shape }) => shape.length > 1).map(({ name }) => name),
      clip: reference.number('grad_clip')
    },
    learningRate: reference.number('lr'),
    initial: reference.parameters('init.'),
    tokens: allBatches('x'),
    targets: allBatches('y'),
    batch,
    length,
    logits: reference.values('step0.logits', Float32Array),
    gradients: reference.parameters('step0.grad.'),
    losses,
    gradientNorms: reference.values('grad_norms', Float64Array),
    final: reference.parameters('final.')
  }
}

/** The largest relative difference of any parameter. */
function largestOf(graph: Graph, received: Parameters, expected: Parameters): number {
  const none = new Float32Array()
  return Math.max(
    ...graph.parameters.map(({ name }) => relativeDifference(received.get(name) ?? none, expected.get(name) ?? none))
  )
}

/**
 * Runs the file's steps through the engine.
 * @throws LabFailure `fixture-incomplete` and those of the engine
 */
export async function gptParity(file: Safetensors, engine: Engine, options: ParityOptions): Promise<Quantity[]> {
  const reference = readGpt(file)
  const { graph, optimiser, tokens, targets, batch, length, losses } = reference
  const plan = engine.compile(graph, { batch, length, optimiser, ...options })
  try {
    await plan.writeParameters(reference.initial)
    const first = { tokens: tokens.subarray(0, batch * length), targets: targets.subarray(0, batch * length) }
    const logits = await plan.logits(first.tokens, length)
    const { gradients } = await plan.gradients(first)
    const trained = await plan.train({ tokens, targets }, new Float64Array(losses.length).fill(reference.learningRate))
    const final = await plan.readParameters()
    return [
      quantity('gelu over [-10, 10]', 'native', await geluError(engine, options), 1e-6),
      quantity('logits', 'native', largestDifference(logits, reference.logits), 1e-5),
      quantity('step-0 gradients, relative', 'native', largestOf(graph, gradients, reference.gradients), 1e-3),
      quantity('losses', 'native', largestDifference(trained.losses, losses), 2e-4),
      quantity('gradient norms, relative', 'native', relativeDifference(trained.gradientNorms, reference.gradientNorms), 1e-3),
      quantity('final weights, relative', 'native', largestOf(graph, final, reference.final), 1e-3)
    ]
  } finally {
    await plan.close()
  }
}
