/** Recipes, corpora and runs as every side sees them. */
import * as v from 'valibot'

const positiveInteger = v.pipe(v.number(), v.integer(), v.minValue(1))
const fraction = v.pipe(v.number(), v.minValue(0), v.maxValue(1))

const wholeNumber = v.pipe(v.number(), v.integer(), v.minValue(0))
const seed = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 32 - 1))
const temperature = v.pipe(v.number(), v.minValue(0.01), v.maxValue(10))
const rate = v.pipe(v.number(), v.minValue(0), v.maxValue(10))
/** Handle of a model: its id, its folder's name, or its name (the newest of several). */
const model = v.pipe(v.string(), v.minLength(1), v.maxLength(300))
/** Handle of a corpus or of a data set: `sonnets`, `atlas`, or one the user added. */
const source = v.pipe(v.string(), v.minLength(1))

/** What the recipes of all stages say. */
const everyStage = {
  name: v.pipe(v.string(), v.regex(/^[\p{L}\p{N}][\p{L}\p{N} ._'-]{0,79}$/u)),
  purpose: v.string(),
  /** What to expect, and on which machine it was seen. */
  expected: v.strictObject({ minutes: v.number(), hardware: v.string(), validationLoss: v.optional(v.number()) }),
  seed,
  optimiser: v.strictObject({
    learningRate: rate,
    minimumLearningRate: rate,
    warmup: wholeNumber,
    beta1: fraction,
    beta2: fraction,
    epsilon: v.number(),
    weightDecay: v.pipe(v.number(), v.minValue(0)),
    /** nanoGPT decays tensors of two or more dimensions; the baby GPT decays every parameter. */
    decay: v.picklist(['matrices', 'all']),
    /** Largest global gradient norm; 0 switches clipping off. */
    clip: v.pipe(v.number(), v.minValue(0))
  }),
  /** Updates; for PPO and GRPO iterations, each of which draws rollouts and learns from them. */
  steps: v.pipe(positiveInteger, v.maxValue(10_000_000)),
  evaluation: v.strictObject({ every: positiveInteger, batches: positiveInteger }),
  checkpointSeconds: v.pipe(v.number(), v.minValue(0.05))
}

/** Texts that the model writes on the way; a chat model is asked the prompt as a question. */
const samples = v.strictObject({
  every: positiveInteger,
  tokens: v.pipe(positiveInteger, v.maxValue(2000)),
  prompt: v.string(),
  temperature
})

/** Sequences in a batch. Reward model: comparisons; DPO: pairs; PPO and GRPO: rollouts of one update. */
const batch = v.strictObject({ size: v.pipe(positiveInteger, v.maxValue(4096)) })
const comparedBatch = v.strictObject({
  ...batch.entries,
  /**
   * So many batches are drawn together and sorted by length, so that little of each is filling (`group_by_length` of
   * Hugging Face's Trainer): quicker, but a batch then holds like prompts. By default each is drawn by itself.
   */
  groupByLength: v.optional(v.pipe(positiveInteger, v.maxValue(1024)))
})

/** Where comparisons come from. */
const comparisons = {
  /** `atlas`: completions ranked by Atlas's rater; or a text of comparisons, one a line, which is taken whole. */
  source,
  /** Prompts whose completions are drawn from the model that the stage starts from. */
  prompts: v.pipe(wholeNumber, v.maxValue(100_000)),
  /** Comparisons besides of what Atlas's writers wrote, with right and wrong answers in the same manner. */
  written: v.pipe(wholeNumber, v.maxValue(100_000)),
  /** Completions of each: all their pairs count. */
  completions: v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(16)),
  /** Longest completion, tokens. */
  tokens: v.pipe(positiveInteger, v.maxValue(512)),
  /** Of the completions. */
  temperature,
  /** Standard deviation of what the rater's judgements of quality, from 0 to 1, are off by. */
  noise: v.pipe(v.number(), v.minValue(0), v.maxValue(10))
}
const heldOut = v.pipe(v.number(), v.minValue(0), v.maxValue(0.5))

/** How completions are drawn and judged in PPO and GRPO. */
const rollouts = {
  /** The reward model. PPO's value model starts from it. */
  reward: model,
  /** Completions an iteration. */
  rollouts: v.pipe(positiveInteger, v.maxValue(4096)),
  /** Longest completion, tokens. */
  tokens: v.pipe(positiveInteger, v.maxValue(512)),
  temperature,
  /** Times that an iteration goes through its rollouts. */
  epochs: v.pipe(positiveInteger, v.maxValue(64)),
  /** A ratio of probabilities counts up to 1 ± clip. */
  clip: v.pipe(v.number(), v.minValue(0.001), v.maxValue(10)),
  /** Weight of the divergence from the reference. */
  beta: v.pipe(v.number(), v.minValue(0), v.maxValue(10)),
  /** Taken from the score of a completion that does not end. */
  endPenalty: v.pipe(v.number(), v.minValue(0), v.maxValue(100)),
  /** The policy is kept whenever so many iterations have passed, so that its behaviour can be followed. */
  keepEvery: positiveInteger,
  /** Divergence from the reference, nats a completion, at which the run ends early. */
  stopDivergence: v.optional(v.pipe(v.number(), v.minValue(0))),
  /** Mean squared change of the log-probabilities, halved (`policy/approxkl_avg`), above which an iteration has no further epoch. */
  epochDivergence: v.optional(v.pipe(v.number(), v.minValue(0))),
  /** Fresh comparisons of the policy's completions, on which the reward model is trained further. */
  rounds: v.optional(
    v.strictObject({
      /** Iterations between two rounds. */
      every: positiveInteger,
      ...comparisons,
      /** Updates of the reward model a round. */
      steps: positiveInteger,
      learningRate: rate,
      /** Share of its batches that come from earlier rounds. */
      earlier: fraction
    })
  )
}

/** A training recipe: what to train on what, how long, and what for. Stored as JSON in `models/recipes/`. */
export const RecipeSchema = v.variant('stage', [
  v.strictObject({
    stage: v.literal('pretrain'),
    ...everyStage,
    corpus: v.strictObject({
      /** `bits` is the baby GPT's sequence. */
      source,
      /** Share at the end of the text that is held out for validation. */
      validation: heldOut
    }),
    tokenizer: v.variant('kind', [
      v.strictObject({ kind: v.literal('characters') }),
      v.strictObject({ kind: v.literal('bytes') }),
      v.strictObject({
        kind: v.literal('bpe'),
        vocabulary: v.pipe(v.number(), v.integer(), v.minValue(257), v.maxValue(65536)),
        /** Has the tokens of a chat, for the stages that follow. */
        chat: v.optional(v.boolean())
      })
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
    batch: v.strictObject({
      size: v.pipe(positiveInteger, v.maxValue(4096)),
      /** `random` windows drawn with the seed; `all` windows of the text every step (full batch). */
      draw: v.picklist(['random', 'all']),
      /** Where the loss is read: at every position, or at the last only (the baby GPT). */
      loss: v.picklist(['every', 'last'])
    }),
    samples
  }),
  v.strictObject({
    stage: v.literal('sft'),
    ...everyStage,
    from: model,
    batch,
    samples,
    sft: v.strictObject({
      /** Demonstrations. */
      source,
      /** Share of the demonstrations that is held out for validation. */
      heldOut,
      /** Share of a batch that are windows of the pretraining documents, so that facts are not forgotten. */
      pretraining: fraction,
      /** Tokens of a row into which exchanges are packed; by default the model's context. */
      length: v.optional(v.pipe(positiveInteger, v.maxValue(4096)))
    })
  }),
  v.strictObject({
    stage: v.literal('reward'),
    ...everyStage,
    from: model,
    batch: comparedBatch,
    reward: v.strictObject({ ...comparisons, heldOut })
  }),
  v.strictObject({
    stage: v.literal('dpo'),
    ...everyStage,
    from: model,
    batch: comparedBatch,
    samples,
    dpo: v.strictObject({ ...comparisons, heldOut, beta: v.pipe(v.number(), v.minValue(0.0001), v.maxValue(10)) })
  }),
  v.strictObject({
    stage: v.literal('ppo'),
    ...everyStage,
    from: model,
    batch,
    samples,
    ppo: v.strictObject({
      ...rollouts,
      gamma: fraction,
      lambda: fraction,
      valueClip: v.pipe(v.number(), v.minValue(0.001), v.maxValue(10)),
      valueLearningRate: rate,
      /** Adapts β so that the divergence comes to this, nats a completion (Ziegler et al. 2019). */
      targetDivergence: v.optional(v.pipe(v.number(), v.minValue(0.001))),
      /** Share of an update that are windows of the pretraining documents. */
      pretraining: fraction
    })
  }),
  v.strictObject({
    stage: v.literal('grpo'),
    ...everyStage,
    from: model,
    batch,
    samples,
    grpo: v.strictObject({
      ...rollouts,
      /** Completions of one prompt, which are measured against each other. */
      group: v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(64))
    })
  }),
  v.strictObject({
    stage: v.literal('classify'),
    ...everyStage,
    from: model,
    batch,
    classify: v.strictObject({
      /** Texts with their classes. */
      source
    })
  })
])
export type Recipe = v.InferOutput<typeof RecipeSchema>
export type Stage = Recipe['stage']
/** The recipe of one stage. */
export type RecipeOf<S extends Stage> = Extract<Recipe, { readonly stage: S }>
export type PretrainRecipe = RecipeOf<'pretrain'>

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

/** `preparing`: gathering what it will learn from. */
export type RunState = 'preparing' | 'running' | 'paused' | 'stopped' | 'done' | 'failed' | 'interrupted'

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
  /** The newest value of every measure of a stage. */
  readonly metrics?: Readonly<Record<string, number>>
  readonly tokensPerSecond?: number
  readonly secondsLeft?: number
  /** While it prepares: how far that is, 0 to 1. */
  readonly prepared?: number
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

/** One completion at the beginning of reinforcement learning and now. */
export interface RolloutPair {
  readonly prompt: string
  readonly first: string
  readonly current: string
  /** Of the current one. */
  readonly reward: number
}

/** A metric over the steps at which it was reported. */
export interface MetricSeries {
  readonly steps: Float64Array
  readonly values: Float64Array
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
  /** Measures of a stage by name (TRL's names). */
  readonly metrics: Readonly<Record<string, MetricSeries>>
  readonly rollouts: readonly { readonly step: number; readonly items: readonly RolloutPair[] }[]
}

/** What happens in a run; also the lines of its log (`log.jsonl`). */
export type RunProgress =
  /** Gathering data: `done` of `total` pieces. In no log, since a run has not begun yet. */
  | { readonly kind: 'preparing'; readonly done: number; readonly total: number }
  | { readonly kind: 'start'; readonly step: number; readonly time: string; readonly parameters: number }
  | {
      readonly kind: 'step'
      readonly step: number
      /** Of this step's batch: cross-entropy in nats a token, or the stage's own. */
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
  /** Measures of a stage by name (TRL's names). */
  | { readonly kind: 'metrics'; readonly step: number; readonly values: Readonly<Record<string, number>> }
  | { readonly kind: 'rollouts'; readonly step: number; readonly items: readonly RolloutPair[] }
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
