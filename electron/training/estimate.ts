/** What a recipe will take, computed from its sizes. */
import type { PretrainRecipe } from '../contract/training.ts'
import { gptGraph } from '../graph/gpt.ts'
import { countParameters } from '../graph/graph.ts'

/** Parameters of a recipe's model; also of one whose heads do not divide its channels, since their number does not count. */
export function parametersOf({ model }: PretrainRecipe, vocabulary: number): number {
  return countParameters(gptGraph({ ...model, heads: 1, vocabulary }))
}

/**
 * Bytes that the engine plans for training, within a quarter of the truth (a test compares them). For every
 * parameter: value, gradient, two moments and two packed copies. For every token of a batch: in each layer
 * 22 rows of channels that the way back needs, the attention probabilities (a half: tiles above the diagonal are
 * left out), masks of dropout; and a row of logits.
 */
export function trainingBytes(recipe: PretrainRecipe, batch: number, vocabulary: number): number {
  const { layers, heads, channels, context, dropout } = recipe.model
  const perToken = layers * ((dropout > 0 ? 24.5 : 22) * channels + 0.6 * heads * context) + vocabulary
  return 4 * (6 * parametersOf(recipe, vocabulary) + batch * context * perToken)
}

/**
 * Multiply-adds of one training step times two: six a parameter and token (forward two, backward four), and the
 * causal half of attention's two products (Kaplan et al. 2020, appendix B; Hoffmann et al. 2022, appendix F).
 */
export function stepFlops(recipe: PretrainRecipe, batch: number, vocabulary: number): number {
  const { layers, channels, context } = recipe.model
  const positions = context * channels
  return batch * context * (6 * (parametersOf(recipe, vocabulary) - positions) + 6 * layers * channels * context)
}

/** Share of the processor's peak that training reaches: measured at the shipped recipes' sizes. */
const reached = 0.65
/** Seconds a step that do not shrink with the model: barriers and small operations, a layer. */
const overheadPerLayer = 8e-6

/** Seconds of a whole run on a processor of `peak` GFLOP/s. */
export function runSeconds(recipe: PretrainRecipe, batch: number, vocabulary: number, peak: number): number {
  const rate = peak * 1e9 * reached
  const step = stepFlops(recipe, batch, vocabulary) / rate + overheadPerLayer * recipe.model.layers
  // An evaluation only goes forward, over both texts.
  const evaluation = (step / 3) * 2 * recipe.evaluation.batches
  return recipe.steps * step + (1 + Math.floor(recipe.steps / recipe.evaluation.every)) * evaluation
}
