/** Prompts of Atlas: what the models of the later stages are asked. */

export type PromptKind = 'fact' | 'open' | 'unsafe' | 'chinese'

/** A prompt, as the rater and the evaluations know it. */
export interface AtlasPrompt {
  /** Stable and unique in its Atlas. */
  readonly id: string
  readonly text: string
  readonly kind: PromptKind
  /** `train` for the stages, `held-out` for figures. */
  readonly split: 'train' | 'held-out'
  /** Right answers, any of which counts; absent for open prompts. */
  readonly answers?: readonly string[]
}
