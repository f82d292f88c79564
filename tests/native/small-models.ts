/** Small models and data that the tests of the engine share. All numbers are drawn with seeds. */
import { afterAll } from 'vitest'
import { loadEngine } from '../../electron/engine/engine.ts'
import type { Batch, Plan, PlanOptions } from '../../electron/engine/plan.ts'
import { gptGraph, type GptConfig } from '../../electron/graph/gpt.ts'
import { elements, type Graph } from '../../electron/graph/graph.ts'
import type { Parameters } from '../../electron/graph/parameters.ts'
import { seededRandom, type Random } from '../../electron/sampling/random.ts'

export const engine = loadEngine()

/** Sizes that are no multiples of any vector's width. */
export const oddGpt: GptConfig = {
  layers: 2,
  heads: 3,
  channels: 21,
  context: 19,
  vocabulary: 37,
  bias: true,
  tied: true,
  dropout: 0
}

export const graphOf = (changes: Partial<GptConfig> = {}): Graph => gptGraph({ ...oddGpt, ...changes })

/** A standard normal number (Box-Muller). */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform())
}

export function normals(count: number, seed: number, deviation = 1): Float32Array {
  const random = seededRandom(seed)
  return Float32Array.from({ length: count }, () => normal(random) * deviation)
}

export function integers(count: number, bound: number, seed: number): Int32Array {
  const random = seededRandom(seed)
  return Int32Array.from({ length: count }, () => random.integer(bound))
}

/** Parameters far enough from their start that every operation matters: norms and biases are not 1 and 0. */
export function livelyParameters(graph: Graph, seed: number): Parameters {
  return new Map(
    graph.parameters.map(({ name, shape, init }, i) => {
      const drawn = normals(elements(shape), seed * 1000 + i)
      const deviation = init.kind === 'normal' ? 0.8 / Math.sqrt(shape.at(-1)!) : 0.3
      return [name, drawn.map(x => (init.kind === 'ones' ? 1 : 0) + x * deviation)]
    })
  )
}

/** `batches` batches of a GPT; every seventh target does not count. */
export function gptBatch(graph: Graph, { batch, length }: { batch: number; length: number }, batches = 1, seed = 7): Batch {
  const count = batches * batch * length
  return {
    tokens: integers(count, graph.vocabulary, seed),
    targets: integers(count, graph.vocabulary, seed + 1).map((target, i) => (i % 7 === 3 ? -1 : target))
  }
}

const open: Plan[] = []
afterAll(async () => {
  await Promise.all(open.splice(0).map(plan => plan.close()))
})

/** A plan with parameters, closed when the file's tests have ended. */
export async function planOf(graph: Graph, options: PlanOptions, parameters = livelyParameters(graph, 1)): Promise<Plan> {
  const plan = engine.compile(graph, options)
  open.push(plan)
  await plan.writeParameters(parameters)
  return plan
}

/** The largest absolute difference of two arrays of one length. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`Expected ${a.length} values but received ${b.length}.`)
  let largest = 0
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!)
    // NaN is a difference too.
    if (!(difference <= largest)) largest = difference
    if (Number.isNaN(difference)) return NaN
  }
  return largest
}

/** As `largestDifference`, relative to the largest magnitude of `b`. */
export function relativeDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let largest = 0
  for (let i = 0; i < b.length; i++) largest = Math.max(largest, Math.abs(b[i]!))
  return largestDifference(a, b) / (largest || 1)
}
