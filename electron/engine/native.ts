/** The addon's exports as engine.ts sees them. Everything is checked before it comes here. */
import type { Graph } from '../graph/graph.ts'
import type { OptimiserOptions, Simd } from './plan.ts'

/** Arrays of the graph's inputs, in its order. */
export type NativeBatch = readonly (Int32Array | Float32Array)[]

/** Calls fill the arrays that they are given; nobody else may touch those until the promise settles. */
export interface NativePlan {
  readonly bytes: number
  /**
   * @param watched an output of one column, or the empty text
   * @param seen room for its rows of all batches
   * @returns seconds
   */
  train(
    batch: NativeBatch,
    learningRates: Float64Array,
    losses: Float64Array,
    norms: Float64Array,
    watched: string,
    seen: Float32Array,
    length: number
  ): Promise<number>
  evaluate(batch: NativeBatch, losses: Float64Array): Promise<void>
  /** Columns of each named output. */
  readonly outputs: Readonly<Record<string, number>>
  /** An output of whole sequences of `length`; what it does not depend on may be empty. */
  output(batch: NativeBatch, name: string, length: number, out: Float32Array): Promise<void>
  /** @returns loss */
  gradients(batch: NativeBatch, places: readonly Float32Array[]): Promise<number>
  generate(options: {
    readonly prompts: readonly Int32Array[]
    readonly maxTokens: number
    readonly temperature: number
    readonly seed: number
    readonly endTokens: Int32Array
  }): Promise<{ tokens: Int32Array[]; logProbabilities: Float32Array[]; seconds: number }>
  decode(streams: Int32Array, positions: Int32Array, tokens: Int32Array, out: Float32Array): Promise<void>
  /** @returns steps done */
  read(
    values: readonly Float32Array[],
    first: readonly Float32Array[] | null,
    second: readonly Float32Array[] | null
  ): Promise<number>
  write(
    values: readonly Float32Array[],
    first: readonly Float32Array[] | null,
    second: readonly Float32Array[] | null,
    step: number | null
  ): Promise<void>
  close(): Promise<void>
}

export interface NativeOptions {
  readonly batch: number
  readonly length: number
  readonly threads: number
  readonly wait: 'spin' | 'sleep'
  readonly simd: Simd
  readonly seed: number
  readonly streams: number
  readonly optimiser: OptimiserOptions
}

export interface NativeAddon {
  machine(): { readonly simds: readonly Simd[]; readonly cores: number }
  compile(graph: Graph, options: NativeOptions): NativePlan
  /** @returns GFLOP/s */
  measurePeak(simd: Simd, threads: number): Promise<number>
}
