/** Looking into one next-token distribution. */
import * as v from 'valibot'

/** Settings of the sampling stages, in their order (Hugging Face transformers' names and meanings). */
export const SamplingSettingsSchema = v.strictObject({
  /** 1 switches the stage off. */
  repetitionPenalty: v.pipe(v.number(), v.minValue(0.1), v.maxValue(10)),
  /** 0 switches the stage off. */
  noRepeatNgram: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(16)),
  temperature: v.pipe(v.number(), v.minValue(0.01), v.maxValue(100)),
  /** 0 switches the stage off. */
  topK: v.pipe(v.number(), v.integer(), v.minValue(0)),
  /** 1 switches the stage off. */
  topP: v.pipe(v.number(), v.minValue(0.001), v.maxValue(1)),
  /** Take the most probable token after the stages instead of drawing. */
  greedy: v.boolean()
})
export type SamplingSettings = v.InferOutput<typeof SamplingSettingsSchema>

/** Settings that change nothing. */
export const neutralSampling: SamplingSettings = {
  repetitionPenalty: 1,
  noRepeatNgram: 0,
  temperature: 1,
  topK: 0,
  topP: 1,
  greedy: false
}

/** The stages in the order in which they are applied. */
export const samplingStages = ['raw', 'repetition-penalty', 'no-repeat-ngram', 'temperature', 'top-k', 'top-p'] as const
export type SamplingStage = (typeof samplingStages)[number]

/** One token of a text, as the model's tokenizer cut it. */
export interface TokenView {
  readonly id: number
  /** Text of the token alone; a byte fragment shows as `<0xE4>`. */
  readonly text: string
  /** Probability the model gave to this token at its place (raw, temperature 1); absent for the first. */
  readonly probability?: number
}

/** One run of the full model over a text. Kept by the lab under `id` so that the stages need no second run. */
export interface Inspection {
  readonly id: string
  readonly model: string
  readonly provider: string
  readonly tokens: readonly TokenView[]
  /** Tokens the model can see at most; of a longer text only the last that fit were run. */
  readonly context: number
  /** First token that was run (0 unless the text was longer than the context). */
  readonly from: number
  readonly layers: number
  readonly heads: number
  /** (layers, heads, T, T) attention probabilities over the tokens that were run; row = looking token. Empty for models without the full form. */
  readonly attention: Float32Array
  /** Logit lens: best guesses when the head reads the residual stream after each layer, last position. */
  readonly lens: readonly {
    readonly layer: number
    readonly guesses: readonly { readonly id: number; readonly text: string; readonly probability: number }[]
  }[]
  readonly milliseconds: number
}

/** The distribution after one stage. */
export interface StageView {
  readonly stage: SamplingStage
  /** Whether the stage did anything under these settings. */
  readonly active: boolean
  /** Set when the n-gram ban would have banned everything and was skipped. */
  readonly skipped: boolean
  /** Tokens with a probability above zero. */
  readonly candidates: number
  /** Shannon entropy over the whole vocabulary, bits. */
  readonly entropy: number
  /** Probabilities of the rows, in their order. */
  readonly probabilities: Float64Array
  /** Sum over the tokens that are no row. */
  readonly rest: number
}

/** All stages over the same rows: the tokens most probable raw, and those most probable at the end. */
export interface StagesView {
  readonly rows: readonly { readonly id: number; readonly text: string }[]
  readonly vocabulary: number
  readonly stages: readonly StageView[]
}
