/** What benchmarks are asked and what they give back. */
import type { CommonOptions } from '../command.ts'

export interface BenchOptions extends CommonOptions {
  /** Fewer models and repetitions. */
  readonly quick?: boolean
  /** Names of the models to measure; empty = all. */
  readonly only: readonly string[]
}

export interface Measured {
  /** The benchmark's own checks hold. */
  readonly ok: boolean
  /** For `--json`. */
  readonly result: object
  /** For people. */
  readonly text: string
}

/** A benchmark; `note` says what is going on, in a few words. */
export type Measure = (options: BenchOptions, note: (text: string) => void) => Promise<Measured>
