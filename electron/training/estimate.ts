/** What a recipe will take, computed from its sizes. */
import type { Recipe } from '../contract/training.ts'
import { gptGraph } from '../graph/gpt.ts'
import { countParameters } from '../graph/graph.ts'

/** Parameters of a recipe's model; also of one whose heads do not divide its channels, since their number does not count. */
export function parametersOf({ model }: Recipe, vocabulary: number): number {
  return countParameters(gptGraph({ ...model, heads: 1, vocabulary }))
}

/**
 * Bytes of training state: parameters, gradients and two moments, and what a step keeps for its way back.
 * Activations a token: in each layer the two norms, queries, keys and values, attention, projection, the two
 * residuals, the hidden layer before and after GELU, and the row of attention probabilities; then the logits
 * with their gradient. The way back needs about half as much again.
 */
export function trainingBytes(recipe: Recipe, batch: number, vocabulary: number): number {
  const { layers, heads, channels, context, dropout } = recipe.model
  const masks = dropout > 0 ? 2 * channels : 0
  const perToken = layers * (18 * channels + heads * context + masks) * 1.5 + 2 * vocabulary + 2 * channels
  return 4 * (4 * parametersOf(recipe, vocabulary) + batch * context * perToken)
}

/**
 * Multiply-adds of one training step times two: six a parameter and token (forward two, backward four), and the
 * causal half of attention's two products (Kaplan et al. 2020, appendix B; Hoffmann et al. 2022, appendix F).
 */
export function stepFlops(recipe: Recipe, batch: number, vocabulary: number): number {
  const { layers, channels, context } = recipe.model
  const positions = context * channels
  return batch * context * (6 * (parametersOf(recipe, vocabulary) - positions) + 6 * layers * channels * context)
}

/** Share of the processor's peak that training reaches: measured at the shipped recipes' sizes. */
const reached = 0.65
/** Seconds a step that do not shrink with the model: barriers and small operations, a layer. */
const overheadPerLayer = 8e-6

/** Seconds of a whole run on a processor of `peak` GFLOP/s. */
export function runSeconds(recipe: Recipe, batch: number, vocabulary: number, peak: number): number {
  const rate = peak * 1e9 * reached
  const step = stepFlops(recipe, batch, vocabulary) / rate + overheadPerLayer * recipe.model.layers
  // An evaluation only goes forward, over both texts.
  const evaluation = (step / 3) * 2 * recipe.evaluation.batches
  return recipe.steps * step + (1 + Math.floor(recipe.steps / recipe.evaluation.every)) * evaluation
}
