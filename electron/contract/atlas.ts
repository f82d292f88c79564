/** Atlas as every side sees it: its data sets, and what models make of them. */
import * as v from 'valibot'

const id = v.pipe(v.string(), v.minLength(1), v.maxLength(300))
const wholeNumber = v.pipe(v.number(), v.integer(), v.minValue(0))
const seed = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 32 - 1))

export const PreviewSchema = v.strictObject({
  set: id,
  from: wholeNumber,
  count: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1000))
})

export const EvaluateSchema = v.strictObject({
  model: id,
  suite: v.picklist(['atlas']),
  seed,
  /** Prompts of each kind, at most; all when left out. */
  limit: v.optional(v.pipe(v.number(), v.integer(), v.minValue(4)))
})

export const CompareSchema = v.strictObject({
  /** The first is the reference of the divergences and of the win rates. */
  models: v.pipe(v.array(id), v.minLength(1), v.maxLength(8)),
  /** Prompts, or a set of Atlas' held-out ones. */
  prompts: v.union([
    v.picklist(['open', 'facts']),
    v.pipe(v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(2000))), v.minLength(1), v.maxLength(1000))
  ]),
  /** Completions of each prompt. */
  samples: v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(256)),
  temperature: v.pipe(v.number(), v.minValue(0.01), v.maxValue(10)),
  maxTokens: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(512)),
  seed,
  /** A reward model that scores every completion. */
  reward: v.optional(id)
})

/** One row of the pretraining mixture, as LLaMA's table shows it. */
export interface MixtureShare {
  readonly kind: string
  /** Share of the characters, 0 to 1. */
  readonly weight: number
  readonly documents: number
  readonly characters: number
  /** Times that a document of the kind is read while the mixture is read once. */
  readonly epochs: number
}

/** A data set of Atlas, one JSON object a line. */
export interface DataSetSummary {
  readonly id: string
  readonly title: string
  /** Which stage reads it, and what for. */
  readonly purpose: string
  readonly items: number
  /** Bytes of its lines, UTF-8. */
  readonly bytes: number
  /** Of its lines. */
  readonly sha256: string
  readonly licence: string
}

export interface DataSets {
  readonly seed: number
  readonly sets: readonly DataSetSummary[]
  readonly mixture: readonly MixtureShare[]
}

/** A line of a data set: text, numbers and lists of them. */
export type DataItem = Readonly<Record<string, string | number | boolean | readonly string[] | readonly number[]>>

/** A figure with its 95 % interval, over `count` observations. */
export interface Figure {
  readonly name: string
  readonly value: number
  readonly low: number
  readonly high: number
  readonly count: number
}

/** A completion that a figure was made of. */
export interface JudgedSample {
  readonly figure: string
  readonly prompt: string
  readonly completion: string
  readonly good: boolean
}

/** What a model makes of Atlas' held-out questions. */
export interface EvaluationReport {
  readonly model: string
  readonly name: string
  readonly kind: string
  readonly suite: 'atlas'
  readonly seed: number
  readonly figures: readonly Figure[]
  /** The first few of each figure, the bad ones first. */
  readonly samples: readonly JudgedSample[]
  readonly seconds: number
}

/** One model's figures on the prompts of a comparison. */
export interface ComparedModel {
  readonly model: string
  readonly name: string
  readonly kind: string
  /** `chat`: asked in the chat format; `few-shot`: as the next question of a page, since it is no chat model. */
  readonly asked: 'chat' | 'few-shot'
  readonly figures: readonly Figure[]
  readonly samples: readonly { readonly prompt: string; readonly completions: readonly string[] }[]
}

export interface ComparisonReport {
  readonly seed: number
  readonly temperature: number
  readonly prompts: number
  readonly samples: number
  readonly models: readonly ComparedModel[]
  readonly seconds: number
}
