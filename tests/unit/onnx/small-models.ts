/** Small models with random weights, opened as the lab opens its own. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { gptGraph, type GptConfig } from '../../../electron/graph/gpt.ts'
import { elements, type Graph } from '../../../electron/graph/graph.ts'
import { MersenneTwister, torchNormal } from '../../../electron/graph/initialisation.ts'
import type { Parameters } from '../../../electron/graph/parameters.ts'
import { encodeSafetensors } from '../../../electron/graph/safetensors.ts'
import type { WeightForm } from '../../../electron/onnx/export-forms.ts'
import type { InferenceSession } from '../../../electron/onnx/inference.ts'
import { openOnnxSession } from '../../../electron/onnx/onnx-session.ts'
import type { OnnxProvider } from '../../../electron/onnx/provider-order.ts'

/** Odd sizes on purpose: no power of two, heads of several widths, biases and the head in every combination. */
export const oddModels: readonly GptConfig[] = [
  { layers: 3, heads: 3, channels: 24, context: 150, vocabulary: 101, bias: true, tied: true, dropout: 0.1 },
  { layers: 2, heads: 1, channels: 20, context: 70, vocabulary: 53, bias: false, normBias: true, tied: false, dropout: 0 },
  { layers: 1, heads: 5, channels: 40, context: 64, vocabulary: 17, bias: false, tied: true, dropout: 0 },
  { layers: 5, heads: 4, channels: 32, context: 33, vocabulary: 260, bias: true, tied: false, dropout: 0 }
]

export const nameOf = ({ layers, heads, channels, bias, tied }: GptConfig): string =>
  `${layers} layers, ${heads} heads, ${channels} channels, ${bias ? 'biases' : 'no biases'}, head ${tied ? 'tied' : 'untied'}`

/** Weights far larger than at the start of training, so that attention is sharp and errors would show. */
export function randomParameters(graph: Graph, seed: number): Parameters {
  const random = new MersenneTwister(seed)
  return new Map(
    graph.parameters.map(({ name, shape, init }) => {
      const values = torchNormal(random, elements(shape), init.kind === 'normal' ? 0.25 : 0.1)
      return [name, init.kind === 'ones' ? values.map(value => 1 + value) : values]
    })
  )
}

const folders: string[] = []
const sessions: InferenceSession[] = []

/** A folder that is gone after the test file. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gptlab-onnx-'))
  folders.push(folder)
  return folder
}

/** Closes a session after the test file. */
export function closedAfterwards<S extends InferenceSession>(session: S): S {
  sessions.push(session)
  return session
}

afterAll(async () => {
  await Promise.all(sessions.map(session => session.close()))
  await Promise.all(folders.map(folder => rm(folder, { recursive: true, force: true })))
})

/** Opens a GPT with random weights. */
export async function openSmall(
  config: GptConfig,
  { seed = 1, form = 'fp32', provider = 'cpu' }: { seed?: number; form?: WeightForm; provider?: OnnxProvider | 'auto' } = {}
): Promise<{ session: InferenceSession; parameters: Parameters; graph: Graph }> {
  const graph = gptGraph(config)
  const parameters = randomParameters(graph, seed)
  const folder = await temporaryFolder()
  const tensors = new Map(graph.parameters.map(({ name, shape }) => [name, { shape, values: parameters.get(name)! }]))
  await writeFile(join(folder, 'model.safetensors'), encodeSafetensors(tensors))
  const session = await openOnnxSession({
    source: { kind: 'graph', graph, weights: join(folder, 'model.safetensors'), cache: join(folder, 'cache'), form },
    sizes: config,
    provider,
    threads: 2
  })
  return { session: closedAfterwards(session), parameters, graph }
}

/** Tokens of a small deterministic text. */
export function someTokens(length: number, vocabulary: number, seed = 5): Int32Array {
  const random = new MersenneTwister(seed)
  return Int32Array.from({ length }, () => random.next() % vocabulary)
}

/** Largest absolute difference. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity
  let largest = 0
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!)
    // NaN compares as smaller than anything.
    if (!(difference <= largest)) largest = difference
  }
  return largest
}
