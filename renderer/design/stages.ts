/** What the stages of training are to the page. */
import type { ModelKind } from '../../electron/contract/models.ts'
import type { Recipe, Stage } from '../../electron/contract/training.ts'

/** The kind of model that a stage makes. */
export function kindOf(stage: Stage): ModelKind {
  switch (stage) {
    case 'pretrain':
    case 'classify':
      return 'base'
    case 'sft':
    case 'reward':
      return stage
    case 'dpo':
    case 'ppo':
    case 'grpo':
      return 'rlhf'
  }
}

/** The colour of a kind of model, as a panel's edge has it. */
export const edgeOf = { base: 'base', sft: 'sft', reward: 'rm', rlhf: 'rl' } as const satisfies Record<ModelKind, string>

/** What a stage's loss is a mean over; null where it says nothing by itself. */
export function lossPer(stage: Stage): 'token' | 'pair' | 'text' | null {
  switch (stage) {
    case 'pretrain':
    case 'sft':
      return 'token'
    case 'reward':
    case 'dpo':
      return 'pair'
    case 'classify':
      return 'text'
    case 'ppo':
    case 'grpo':
      return null
  }
}

/** Handle of the text or the data that a recipe learns from. */
export function sourceOf(recipe: Recipe): string {
  switch (recipe.stage) {
    case 'pretrain':
      return recipe.corpus.source
    case 'sft':
      return recipe.sft.source
    case 'reward':
      return recipe.reward.source
    case 'dpo':
      return recipe.dpo.source
    case 'classify':
      return recipe.classify.source
    case 'ppo':
    case 'grpo':
      // Their prompts are Atlas's.
      return 'atlas'
  }
}
