/** A card's recipe as lines that a person reads. */
import * as v from 'valibot'
import { RecipeSchema, type PretrainRecipe } from '../../../electron/contract/training.ts'

/** The recipe of a model that was trained here; null for later stages, and for anything else that a card may hold. */
export function recipeOf(value: unknown): PretrainRecipe | null {
  const read = v.safeParse(RecipeSchema, value)
  return read.success && read.output.stage === 'pretrain' ? read.output : null
}

export type RecipeLine =
  | 'corpus'
  | 'tokenizer'
  | 'layers'
  | 'dropout'
  | 'bias'
  | 'batch'
  | 'learningRate'
  | 'warmup'
  | 'betas'
  | 'weightDecay'
  | 'clip'
  | 'evaluation'

/** What each line says; the words come from the language. */
export interface RecipeWords {
  readonly tokenizer: (kind: PretrainRecipe['tokenizer']['kind'], vocabulary: number | undefined) => string
  readonly layers: (model: PretrainRecipe['model']) => string
  readonly batch: (size: number, context: number, all: boolean) => string
  readonly rates: (from: string, to: string) => string
  readonly steps: (n: number) => string
  readonly evaluation: (every: number, batches: number) => string
  readonly heldOut: (source: string, share: string) => string
  readonly yes: string
  readonly no: string
  readonly off: string
}

/** Lines in the order in which a run meets them. */
export function recipeLines(
  recipe: PretrainRecipe,
  words: RecipeWords
): readonly { readonly line: RecipeLine; readonly value: string }[] {
  const { corpus, tokenizer, model, optimiser, batch, evaluation } = recipe
  const off = (value: number) => (value === 0 ? words.off : String(value))
  return [
    {
      line: 'corpus',
      value:
        corpus.validation === 0
          ? corpus.source
          : words.heldOut(corpus.source, `${Number((corpus.validation * 100).toFixed(2))}\u00a0%`)
    },
    {
      line: 'tokenizer',
      value: words.tokenizer(tokenizer.kind, tokenizer.kind === 'bpe' ? tokenizer.vocabulary : undefined)
    },
    { line: 'layers', value: words.layers(model) },
    { line: 'dropout', value: off(model.dropout) },
    { line: 'bias', value: model.bias ? words.yes : words.no },
    { line: 'batch', value: words.batch(batch.size, model.context, batch.draw === 'all') },
    { line: 'learningRate', value: words.rates(rate(optimiser.learningRate), rate(optimiser.minimumLearningRate)) },
    { line: 'warmup', value: optimiser.warmup === 0 ? words.off : words.steps(optimiser.warmup) },
    { line: 'betas', value: `${optimiser.beta1} / ${optimiser.beta2}` },
    { line: 'weightDecay', value: off(optimiser.weightDecay) },
    { line: 'clip', value: off(optimiser.clip) },
    { line: 'evaluation', value: words.evaluation(evaluation.every, evaluation.batches) }
  ]
}

/** A learning rate as papers write it: `1e-3`, `6e-4`, `2.5e-4`. */
export function rate(value: number): string {
  return value === 0 || value >= 0.01 ? String(value) : value.toExponential()
}
