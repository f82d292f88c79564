/** The native trainer's face: what training, the lab and the benchmarks may ask of the C++ addon. */
import type { Graph } from '../graph/graph.ts'
import type { Parameters } from '../graph/parameters.ts'

/** Kernel sets. `reference` is the naive form of every operation, kept for tests. */
export type Simd = 'avx512' | 'avx2' | 'neon' | 'portable' | 'reference'

/** A loaded addon. */
export interface Engine {
  /** Kernel set chosen for this machine, or forced by `GPTLAB_SIMD`. */
  readonly simd: Simd
  /** Kernel sets this machine can run. */
  readonly simds: readonly Simd[]
  /** Physical cores. */
  readonly cores: number
  /**
   * Compiles a graph: memory is planned and touched once; no step allocates.
   * @throws LabFailure `engine-shape` and other named failures for a graph that does not fit together.
   */
  compile(graph: Graph, options: PlanOptions): Plan
  /** Measured single-precision peak of this machine, GFLOP/s, with the given number of threads (a loop of multiply-adds in registers). */
  measurePeak(threads: number): Promise<number>
}

export interface PlanOptions {
  /** Sequences in a batch, at most. */
  readonly batch: number
  /** Tokens in a sequence, at most the graph's context. */
  readonly length: number
  readonly threads: number
  /** How waiting threads wait: spin first and sleep later (default), or sleep at once. Results do not depend on it. */
  readonly wait?: 'spin' | 'sleep'
  readonly simd?: Simd
  readonly optimiser?: OptimiserOptions
  /** Seeds the dropout masks. */
  readonly seed?: number
  /** Streams that can be decoded at once, for `generate` and `decode`; 0 plans no cache. Default 0. */
  readonly streams?: number
}

/** AdamW as PyTorch defines it: decoupled decay, bias-corrected moments. */
export interface OptimiserOptions {
  readonly beta1: number
  readonly beta2: number
  readonly epsilon: number
  readonly weightDecay: number
  /** Names of the parameters that decay. */
  readonly decayed: readonly string[]
  /** Largest global gradient norm, as torch.nn.utils.clip_grad_norm_ applies it; 0 = no clipping. */
  readonly clip: number
}

/** Values of the graph's inputs by name. A whole number of batches, one after another. */
export type Batch = Readonly<Record<string, Int32Array | Float32Array>>

export interface TrainOptions {
  /** A named output of one column that the loss is made of, such as `logProbabilities`, to be told as well. */
  readonly watch?: string
  /** Tokens of a sequence, where they are fewer than the planned ones. */
  readonly length?: number
}

/** What a training call did. One entry a step. */
export interface StepsResult {
  /** Loss before the update. */
  readonly losses: Float64Array
  /** Global gradient norm before clipping. */
  readonly gradientNorms: Float64Array
  /** The output that was watched, of every row: as the update of its batch found it. */
  readonly watched?: Float32Array
  /** Seconds of computing, measured inside. */
  readonly seconds: number
}

/** Everything a resumed run needs to go on with the same bits. */
export interface TrainingState {
  readonly step: number
  readonly parameters: Parameters
  readonly firstMoments: Parameters
  readonly secondMoments: Parameters
}

export interface GenerateOptions {
  /** Prompts of one token or more; as many as there are streams at most. */
  readonly prompts: readonly Int32Array[]
  readonly maxTokens: number
  readonly temperature: number
  /** Draws follow `sampling/random.ts`: stream i uses the generator seeded with (seed, i). */
  readonly seed: number
  /** Tokens that end a stream (kept as its last). */
  readonly endTokens?: readonly number[]
}

/** Rows of a `decode` call: row i is the token at `positions[i]` of stream `streams[i]`. */
export interface DecodeRows {
  /** From 0 to the plan's `streams` − 1. */
  readonly streams: Int32Array
  /** The rows of one stream rise by one from a position that the stream has reached. */
  readonly positions: Int32Array
  readonly tokens: Int32Array
}

export interface Generated {
  /** New tokens of each stream. */
  readonly tokens: readonly Int32Array[]
  /** Log-probability of each under logits / temperature. */
  readonly logProbabilities: readonly Float32Array[]
  readonly seconds: number
}

/**
 * A compiled graph with its parameters, gradients and moments. Calls run on the plan's own threads,
 * one at a time, in the order in which they were made; the event loop stays free.
 *
 * Failures of all calls: `token-out-of-range`, `engine-input` (missing or of the wrong length),
 * `context-too-long`, `loss-not-finite` (details.step says at which step; the parameters are then
 * those of before that step), `engine-closed`.
 */
export interface Plan {
  readonly threads: number
  readonly simd: Simd
  /** Bytes of planned memory. */
  readonly bytes: number
  /**
   * Trains `learningRates.length` steps; `batch` holds that many batches one after another.
   * Step numbers (bias correction, dropout masks) go on from `state.step`.
   * @throws LabFailure `engine-input` also for a name to watch that the graph has not
   */
  train(batch: Batch, learningRates: Float64Array, options?: TrainOptions): Promise<StepsResult>
  /** Loss of each batch, without dropout and without an update. */
  evaluate(batch: Batch): Promise<Float64Array>
  /** Logits (B, T, V) of `tokens` (B·T with T = `length`, at most the planned one), without dropout. */
  logits(tokens: Int32Array, length: number): Promise<Float32Array>
  /**
   * A named output of the graph (`logits`, `logProbabilities`, `values`, `scores`, `classes`) for every row of the batch,
   * (rows, columns) row-major, without dropout. Inputs that it does not depend on may be left out: `old` and `returns`
   * for `values`, for example. `batch` holds whole sequences of `length` tokens (default: the planned ones), as many as there are.
   * @throws LabFailure `engine-input` for a name that is no output of the graph
   */
  outputs(batch: Batch, name: string, length?: number): Promise<Float32Array>
  /** Loss and the gradient of every parameter for one batch, without an update. */
  gradients(batch: Batch): Promise<{ readonly loss: number; readonly gradients: Parameters }>
  /** Cached decoding of several streams at once; draws at the given temperature. */
  generate(options: GenerateOptions): Promise<Generated>
  /**
   * Feeds tokens into the cached keys and values of their streams and gives the logits (rows, V) of every
   * row. A stream's first row may go back to any position that it holds, 0 to start anew: what lies behind
   * is forgotten. Training and new parameters empty all streams; `generate` leaves its tokens in them.
   * @throws LabFailure `engine-input` for rows that do not follow what their streams hold
   */
  decode(rows: DecodeRows): Promise<Float32Array>
  readParameters(): Promise<Parameters>
  /** @throws LabFailure as `checkParameters`. */
  writeParameters(values: Parameters): Promise<void>
  readState(): Promise<TrainingState>
  writeState(state: TrainingState): Promise<void>
  /** Waits for the running call, then frees threads and memory. */
  close(): Promise<void>
}
