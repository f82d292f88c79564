/** Recipes, corpora and runs as every side sees them. */
import * as v from 'valibot'

const positiveInteger = v.pipe(v.number(), v.integer(), v.minValue(1))
const fraction = v.pipe(v.number(), v.minValue(0), v.maxValue(1))

/** A training recipe: what to train on what, how long, and what for. Stored as JSON in `models/recipes/`. */
export const RecipeSchema = v.strictObject({
  name: v.pipe(v.string(), v.regex(/^[\p{L}\p{N}][\p{L}\p{N} ._'-]{0,79}$/u)),
  purpose: v.string(),
  /** What to expect, and on which machine it was seen. */
  expected: v.strictObject({ minutes: v.number(), hardware: v.string(), validationLoss: v.optional(v.number()) }),
  stage: v.literal('pretrain'),
  seed: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 32 - 1)),
  corpus: v.strictObject({
    /** Handle of a corpus: `sonnets`, `moby-dick`, `bits` (the baby GPT's sequence), or one the user added. */
    source: v.pipe(v.string(), v.minLength(1)),
    /** Share at the end of the text that is held out for validation. */
    validation: v.pipe(v.number(), v.minValue(0), v.maxValue(0.5))
  }),
  tokenizer: v.variant('kind', [
    v.strictObject({ kind: v.literal('characters') }),
    v.strictObject({ kind: v.literal('bytes') }),
    v.strictObject({ kind: v.literal('bpe'), vocabulary: v.pipe(v.number(), v.integer(), v.minValue(257), v.maxValue(65536)) })
  ]),
  model: v.strictObject({
    layers: v.pipe(positiveInteger, v.maxValue(48)),
    heads: v.pipe(positiveInteger, v.maxValue(64)),
    channels: v.pipe(positiveInteger, v.maxValue(4096)),
    context: v.pipe(positiveInteger, v.maxValue(4096)),
    bias: v.boolean(),
    /** Layer norms keep their bias where `bias` is off (the baby GPT). Default: as `bias`. */
    normBias: v.optional(v.boolean()),
    tied: v.boolean(),
    dropout: v.pipe(v.number(), v.minValue(0), v.maxValue(0.9))
  }),
  optimiser: v.strictObject({
    learningRate: v.pipe(v.number(), v.minValue(0), v.maxValue(10)),
    minimumLearningRate: v.pipe(v.number(), v.minValue(0), v.maxValue(10)),
    warmup: v.pipe(v.number(), v.integer(), v.minValue(0)),
    beta1: fraction,
    beta2: fraction,
    epsilon: v.number(),
    weightDecay: v.pipe(v.number(), v.minValue(0)),
    /** nanoGPT decays tensors of two or more dimensions; the baby GPT decays every parameter. */
    decay: v.picklist(['matrices', 'all']),
    /** Largest global gradient norm; 0 switches clipping off. */
    clip: v.pipe(v.number(), v.minValue(0))
  }),
  batch: v.strictObject({
    size: v.pipe(positiveInteger, v.maxValue(4096)),
    /** `random` windows drawn with the seed; `all` windows of the text every step (full batch). */
    draw: v.picklist(['random', 'all']),
    /** Where the loss is read: at every position, or at the last only (the baby GPT). */
    loss: v.picklist(['every', 'last'])
  }),
  steps: v.pipe(positiveInteger, v.maxValue(10_000_000)),
  evaluation: v.strictObject({ every: positiveInteger, batches: positiveInteger }),
  samples: v.strictObject({
    every: positiveInteger,
    tokens: v.pipe(positiveInteger, v.maxValue(2000)),
    prompt: v.string(),
    temperature: v.pipe(v.number(), v.minValue(0.01), v.maxValue(10))
  }),
  checkpointSeconds: v.pipe(v.number(), v.minValue(0.05))
})
export type Recipe = v.InferOutput<typeof RecipeSchema>

/** What a recipe will take, computed without running it. */
export interface RecipeEstimate {
  readonly parameters: number
  readonly vocabulary: number
  readonly tokensPerStep: number
  /** Estimate from the engine's measured speed on this machine; null when the engine is missing. */
  readonly seconds: number | null
  /** Training state in memory: parameters, gradients, moments, activations. */
  readonly bytes: number
  /** Times the training text is read over the whole run. */
  readonly epochs: number
  /** Named problems; a recipe with one cannot be started. */
  readonly problems: readonly { readonly field: string; readonly code: string; readonly message: string }[]
}

/** A text the lab can train on. */
export interface CorpusSummary {
  readonly id: string
  readonly title: string
  readonly origin: 'shipped' | 'added'
  readonly characters: number
  readonly bytes: number
  readonly documents: number
  readonly licence: string
  readonly sha256: string
  /** The first lines, for a preview. */
  readonly excerpt: string
}

export type RunState = 'running' | 'paused' | 'stopped' | 'done' | 'failed' | 'interrupted'

/** One row of the list of runs. */
export interface RunSummary {
  readonly id: string
  readonly name: string
  readonly recipe: Recipe
  readonly state: RunState
  readonly step: number
  readonly steps: number
  /** ISO 8601. */
  readonly started: string
  readonly parameters: number
  readonly trainLoss?: number
  readonly validationLoss?: number
  readonly tokensPerSecond?: number
  readonly secondsLeft?: number
  /** Seconds of training so far, pauses left out. */
  readonly seconds: number
  /** Id of the model it has written, once it has. */
  readonly model?: string
  /** Why it failed, when it did. */
  readonly failure?: {
    readonly code: string
    readonly message: string
    readonly details: Readonly<Record<string, string | number>>
  }
  readonly engine: { readonly simd: string; readonly threads: number }
}

/** A sample drawn during training. */
export interface RunSample {
  readonly step: number
  readonly prompt: string
  readonly text: string
}

/** A run's whole history, columnar; the columns of one group have one length. */
export interface RunHistory {
  readonly run: string
  readonly steps: Float64Array
  readonly trainLoss: Float64Array
  readonly learningRate: Float64Array
  readonly gradientNorm: Float64Array
  readonly tokensPerSecond: Float64Array
  readonly evaluationSteps: Float64Array
  readonly evaluationTrain: Float64Array
  /** NaN where nothing is held out. */
  readonly evaluationValidation: Float64Array
  readonly checkpointSteps: Float64Array
  readonly samples: readonly RunSample[]
}

/** What happens in a run; also the lines of its log (`log.jsonl`). */
export type RunProgress =
  | { readonly kind: 'start'; readonly step: number; readonly time: string; readonly parameters: number }
  | {
      readonly kind: 'step'
      readonly step: number
      /** Cross-entropy of this step's batch, nats a token. */
      readonly loss: number
      readonly learningRate: number
      /** Global norm before clipping. */
      readonly gradientNorm: number
      readonly tokensPerSecond: number
      /** Seconds of training so far, pauses left out. */
      readonly seconds: number
      readonly secondsLeft: number
    }
  | {
      readonly kind: 'evaluation'
      readonly step: number
      readonly trainLoss: number
      /** Null where nothing is held out. */ readonly validationLoss: number | null
    }
  | { readonly kind: 'sample'; readonly step: number; readonly prompt: string; readonly text: string }
  | { readonly kind: 'checkpoint'; readonly step: number; readonly seconds: number }
  | { readonly kind: 'state'; readonly step: number; readonly state: RunState; readonly time: string }
  | {
      readonly kind: 'done'
      readonly run: string
      readonly model: string
      readonly steps: number
      readonly trainLoss: number
      /** Null where nothing is held out. */
      readonly validationLoss: number | null
      readonly tokensPerSecond: number
    }
  | {
      readonly kind: 'failed'
      readonly step: number
      readonly code: string
      readonly message: string
      readonly details: Readonly<Record<string, string | number>>
    }
