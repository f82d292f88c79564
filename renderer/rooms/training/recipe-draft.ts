/** Reading and changing a recipe by dotted paths, and comparing it with the recipe it came from. */
import * as v from 'valibot'
import { RecipeSchema, type PretrainRecipe, type Recipe, type RecipeEstimate } from '../../../electron/contract/training.ts'
import { allFields } from './recipe-fields.ts'

export type FieldValue = string | number | boolean | undefined
export type RecipeProblem = RecipeEstimate['problems'][number]

export function fieldOf(recipe: Recipe, path: string): FieldValue {
  return path
    .split('.')
    .reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], recipe) as FieldValue
}

/** The recipe with one field changed. A tokenizer of another kind has other fields. */
export function withField(recipe: PretrainRecipe, path: string, value: FieldValue): PretrainRecipe {
  if (path === 'tokenizer.kind')
    return {
      ...recipe,
      tokenizer: value === 'bpe' ? { kind: 'bpe', vocabulary: 1024 } : { kind: value as 'characters' | 'bytes' }
    }
  const [key, ...rest] = path.split('.') as [keyof PretrainRecipe, ...string[]]
  if (rest.length === 0) return { ...recipe, [key]: value }
  const inner = { ...(recipe[key] as Record<string, unknown>) }
  const last = rest.join('.')
  if (value === undefined) delete inner[last]
  else inner[last] = value
  return { ...recipe, [key]: inner }
}

/** The shipped recipe that a recipe came from. A run may have a name of its own; its purpose stays. */
export function presetOf(recipe: Recipe, shipped: readonly PretrainRecipe[]): PretrainRecipe | null {
  return shipped.find(({ name }) => name === recipe.name) ?? shipped.find(({ purpose }) => purpose === recipe.purpose) ?? null
}

/** Paths of the fields in which two recipes differ; the name is no setting. */
export function changedFields(recipe: Recipe, preset: Recipe): readonly string[] {
  return ['corpus.source', ...allFields.map(({ path }) => path).filter(path => path !== 'name')].filter(
    path => fieldOf(recipe, path) !== fieldOf(preset, path)
  )
}

/** What the recipe's form forbids: the lab would not even look at such a recipe. */
export function formProblems(recipe: PretrainRecipe): readonly RecipeProblem[] {
  const result = v.safeParse(RecipeSchema, recipe)
  return (result.issues ?? []).map(issue => {
    const field = v.getDotPath(issue) ?? ''
    return { field, code: field, message: issue.message }
  })
}

/**
 * Learning rate over the steps, as training follows it: linear warm-up, then half a cosine down to the minimum
 * (nanoGPT's `get_lr`).
 * @param points how many steps to show
 */
export function learningRates(recipe: PretrainRecipe, points = 120): { readonly steps: number[]; readonly rates: number[] } {
  const { learningRate, minimumLearningRate, warmup } = recipe.optimiser
  const steps = Array.from({ length: points }, (_, i) => Math.round((i / (points - 1)) * recipe.steps))
  const rates = steps.map(step => {
    if (step < warmup) return (learningRate * (step + 1)) / (warmup + 1)
    const share = Math.min(1, (step - warmup) / Math.max(1, recipe.steps - warmup))
    return minimumLearningRate + 0.5 * (1 + Math.cos(Math.PI * share)) * (learningRate - minimumLearningRate)
  })
  return { steps, rates }
}

/** Where a GPT's parameters are. Biases and norms are what is left of the total. */
export function parameterShares(
  recipe: PretrainRecipe,
  vocabulary: number,
  total: number
): readonly { readonly part: 'tokens' | 'positions' | 'attention' | 'feedForward' | 'rest'; readonly count: number }[] {
  const { layers, channels, context, tied } = recipe.model
  const tokens = vocabulary * channels * (tied ? 1 : 2)
  const positions = context * channels
  const attention = layers * 4 * channels ** 2
  const feedForward = layers * 8 * channels ** 2
  return [
    { part: 'tokens', count: tokens },
    { part: 'positions', count: positions },
    { part: 'attention', count: attention },
    { part: 'feedForward', count: feedForward },
    { part: 'rest', count: Math.max(0, total - tokens - positions - attention - feedForward) }
  ]
}
