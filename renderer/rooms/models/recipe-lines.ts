/** A card's recipe as lines that a person reads. */
import * as v from 'valibot'
import { RecipeSchema, type PretrainRecipe, type Recipe, type RecipeOf } from '../../../electron/contract/training.ts'
import { sourceOf } from '../../design/stages.ts'

/** The recipe of a model that was trained here; null for anything else that a card may hold. */
export function recipeOf(value: unknown): Recipe | null {
  const read = v.safeParse(RecipeSchema, value)
  return read.success ? read.output : null
}

/** Where the page has words for a recipe's data and their licence, if the data came with the lab; null for a user's own. */
export function knownData(recipe: Recipe): { readonly data: string; readonly licence: string } | null {
  const source = sourceOf(recipe)
  const licence = `models.made.licences.${source}`
  if (recipe.stage === 'pretrain') return { data: `training.texts.${source}`, licence }
  return source === 'atlas' ? { data: `models.made.learnt.${recipe.stage}`, licence } : null
}

/** Names of the lines; the words come from the language. */
export type RecipeLine =
  | 'from'
  | 'rewardModel'
  | 'corpus'
  | 'demonstrations'
  | 'comparisons'
  | 'texts'
  | 'tokenizer'
  | 'layers'
  | 'dropout'
  | 'bias'
  | 'pretraining'
  | 'rollouts'
  | 'beta'
  | 'ratio'
  | 'advantages'
  | 'rounds'
  | 'batch'
  | 'learningRate'
  | 'warmup'
  | 'betas'
  | 'weightDecay'
  | 'clip'
  | 'evaluation'

export interface Line {
  readonly line: RecipeLine
  readonly value: string
}

/** Says a value in the reader's language: `key` of `models.recipe`, with its numbers. */
export type Say = (key: string, values?: Readonly<Record<string, string | number>>) => string

/** Lines in the order in which a run meets them. */
export function recipeLines(recipe: Recipe, say: Say): readonly Line[] {
  return [...linesOfStage(recipe, say), ...linesOfTraining(recipe, say)]
}

function linesOfStage(recipe: Recipe, say: Say): Line[] {
  if (recipe.stage === 'pretrain') return linesOfPretraining(recipe, say)
  const from: Line = { line: 'from', value: recipe.from }
  switch (recipe.stage) {
    case 'sft':
      return [
        from,
        { line: 'demonstrations', value: withHeldOut(recipe.sft.source, recipe.sft.heldOut, say) },
        { line: 'pretraining', value: share(recipe.sft.pretraining, say) }
      ]
    case 'reward':
      return [from, ...linesOfComparisons(recipe.reward, say)]
    case 'dpo':
      return [from, ...linesOfComparisons(recipe.dpo, say), { line: 'beta', value: String(recipe.dpo.beta) }]
    case 'classify':
      return [from, { line: 'texts', value: recipe.classify.source }]
    case 'ppo':
      return [
        from,
        ...linesOfRollouts(recipe.ppo, say),
        { line: 'advantages', value: say('gae', { gamma: recipe.ppo.gamma, lambda: recipe.ppo.lambda }) },
        { line: 'pretraining', value: share(recipe.ppo.pretraining, say) }
      ]
    case 'grpo':
      return [
        from,
        ...linesOfRollouts(recipe.grpo, say),
        { line: 'advantages', value: say('groups', { n: recipe.grpo.group }) }
      ]
  }
}

function linesOfPretraining({ corpus, tokenizer, model }: PretrainRecipe, say: Say): Line[] {
  return [
    { line: 'corpus', value: withHeldOut(corpus.source, corpus.validation, say) },
    {
      line: 'tokenizer',
      value: say(`kind.${tokenizer.kind}`, tokenizer.kind === 'bpe' ? { n: tokenizer.vocabulary } : {})
    },
    { line: 'layers', value: say('model', { layers: model.layers, heads: model.heads, channels: model.channels }) },
    { line: 'dropout', value: unlessOff(model.dropout, say) },
    { line: 'bias', value: say(model.bias ? 'yes' : 'no') }
  ]
}

type Comparisons = Omit<RecipeOf<'reward'>['reward'], 'heldOut'>

function comparisonsInWords({ prompts, written, completions }: Comparisons, say: Say): string {
  return say('compared', { drawn: prompts, written, n: completions })
}

function linesOfComparisons(options: RecipeOf<'reward'>['reward'], say: Say): Line[] {
  return [
    { line: 'corpus', value: withHeldOut(options.source, options.heldOut, say) },
    { line: 'comparisons', value: comparisonsInWords(options, say) }
  ]
}

type Rollouts = Omit<RecipeOf<'grpo'>['grpo'], 'group'>

function linesOfRollouts({ reward, rollouts, tokens, temperature, beta, clip, epochs, rounds }: Rollouts, say: Say): Line[] {
  return [
    { line: 'rewardModel', value: reward },
    { line: 'rollouts', value: say('drawn', { n: rollouts, tokens, temperature }) },
    { line: 'beta', value: String(beta) },
    { line: 'ratio', value: say('clipped', { clip, n: epochs }) },
    {
      line: 'rounds',
      value: rounds ? say('every', { n: rounds.every, comparisons: comparisonsInWords(rounds, say) }) : say('off')
    }
  ]
}

function batchInWords(recipe: Recipe, say: Say): string {
  const n = recipe.batch.size
  if (recipe.stage === 'pretrain')
    return recipe.batch.draw === 'all' ? say('batchAll') : say('batchOf', { n, context: recipe.model.context })
  if (recipe.stage === 'sft' && recipe.sft.length !== undefined) return say('batchOf', { n, context: recipe.sft.length })
  return say('batchRows', { n })
}

function linesOfTraining(recipe: Recipe, say: Say): Line[] {
  const { optimiser, evaluation } = recipe
  return [
    { line: 'batch', value: batchInWords(recipe, say) },
    {
      line: 'learningRate',
      value: say('rates', { from: rate(optimiser.learningRate), to: rate(optimiser.minimumLearningRate) })
    },
    { line: 'warmup', value: optimiser.warmup === 0 ? say('off') : say('stepsOf', { n: optimiser.warmup }) },
    { line: 'betas', value: `${optimiser.beta1} / ${optimiser.beta2}` },
    { line: 'weightDecay', value: unlessOff(optimiser.weightDecay, say) },
    { line: 'clip', value: unlessOff(optimiser.clip, say) },
    { line: 'evaluation', value: say('evaluationOf', { every: evaluation.every, batches: evaluation.batches }) }
  ]
}

const unlessOff = (value: number, say: Say) => (value === 0 ? say('off') : String(value))
const percent = (value: number) => `${Number((value * 100).toFixed(2))}\u00a0%`
const share = (value: number, say: Say) => (value === 0 ? say('off') : percent(value))
const withHeldOut = (source: string, value: number, say: Say) =>
  value === 0 ? source : say('heldOut', { source, share: percent(value) })

/** A learning rate as papers write it: `1e-3`, `6e-4`, `2.5e-4`. */
export function rate(value: number): string {
  return value === 0 || value >= 0.01 ? String(value) : Number(value.toPrecision(6)).toExponential()
}
