/** Models as every side sees them. */
import type { Figure } from './atlas.ts'
import type { Failure } from './failure.ts'

/** What a model is for; one colour and one mark each, everywhere. */
export type ModelKind = 'base' | 'sft' | 'reward' | 'rlhf'

/** Where a model came from. */
export type ModelOrigin = 'shipped' | 'trained' | 'imported'

/** Execution providers, by the names ONNX Runtime gives them, and the lab's own engine. */
export type ProviderName = 'cpu' | 'cuda' | 'dml' | 'coreml' | 'webgpu' | 'native'

/** A provider that was not used, and why. */
export interface ProviderRefusal {
  readonly provider: ProviderName
  /** `not-in-package`: this platform's package carries none; `not-on-machine`: its libraries or its device are missing; `failed`: it was tried and threw; `idle`: it took the session but ran no operation; `slower`: the CPU was measured to be faster. */
  readonly why: 'not-in-package' | 'not-on-machine' | 'failed' | 'idle' | 'slower' | 'not-supported'
  /** The runtime's own words, first line. */
  readonly detail: string
}

/** What really runs a model. */
export interface SessionDescription {
  readonly provider: ProviderName
  readonly requested: ProviderName | 'auto'
  readonly refused: readonly ProviderRefusal[]
  /** Operations of one run by the provider that ran them, from the runtime's profile. */
  readonly operations: Readonly<Record<string, number>>
  readonly weights: 'fp32' | 'fp16' | 'int8'
  readonly attention: 'standard' | 'decomposed'
  readonly threads: number
  /** Measured when the session was opened: median milliseconds for one token, one stream. */
  readonly millisecondsPerToken: number
}

/** Sizes of a decoder-only model. */
export interface ModelSizes {
  readonly layers: number
  readonly heads: number
  readonly channels: number
  readonly context: number
  readonly vocabulary: number
  readonly parameters: number
}

/** One row of the Models room. */
export interface ModelSummary {
  /** Stable handle: `shipped:<folder>`, `home:<folder>`; with `@<step>` behind it the model at a step of its training. */
  readonly id: string
  readonly name: string
  readonly kind: ModelKind
  readonly origin: ModelOrigin
  readonly sizes: ModelSizes
  readonly bytes: number
  /** ISO 8601. */
  readonly created: string
  /** Run that made it, when known and still there. */
  readonly run?: string
  /** What is wrong when the folder is damaged; such a model cannot be opened. */
  readonly problem?: Failure
  /** Whether it goes on with a text; a reward model and a classifier do not. */
  readonly writes: boolean
  /** Whether the folder has what the Probe needs (attention and residual stream). */
  readonly inspectable: boolean
}

/** What is known about how a model was made. */
export interface ModelCard {
  readonly purpose?: string
  readonly data?: string
  readonly licence?: string
  /** SHA-256 of the data. */
  readonly dataHash?: string
  /** Model that the stage started from; the hash is that of its weights. */
  readonly from?: { readonly id: string; readonly name: string; readonly sha256: string }
  /** Last value of every measure of the stage. */
  readonly metrics?: Readonly<Record<string, number>>
  /** Figures measured on what the model has not learnt from (`gptlab evaluate`, `gptlab compare`). */
  readonly figures?: readonly Figure[]
  readonly recipe?: unknown
  readonly seed?: number
  readonly steps?: number
  readonly trainLoss?: number
  readonly validationLoss?: number
  readonly tokensPerSecond?: number
  readonly machine?: string
  /** Loss curve for a small chart: steps, training and validation loss. */
  readonly curve?: {
    readonly steps: readonly number[]
    readonly train: readonly number[]
    readonly validation: readonly (number | null)[]
  }
}

/** Everything about one model. */
export interface ModelDescription extends ModelSummary {
  readonly card: ModelCard
  readonly directory: string
  readonly tokenizer: string
  readonly files: readonly { readonly name: string; readonly bytes: number }[]
  /** Steps of its training that were kept, rising: `<id>@<step>` is the model as it was. */
  readonly snapshots: readonly number[]
}
