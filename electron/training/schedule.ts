/** The learning rate over a run. */
import type { Recipe } from '../contract/training.ts'

/**
 * Learning rate of the update that comes after `step` updates: linear warm-up, then cosine decay to the minimum
 * at the last step (nanoGPT's `get_lr` with `lr_decay_iters` = `max_iters`).
 * @param step updates done so far, 0 … steps − 1
 */
export function learningRateAt(
  step: number,
  steps: number,
  optimiser: Pick<Recipe['optimiser'], 'learningRate' | 'minimumLearningRate' | 'warmup'>
): number {
  const { learningRate, minimumLearningRate, warmup } = optimiser
  if (step < warmup) return (learningRate * (step + 1)) / (warmup + 1)
  if (step >= steps) return minimumLearningRate
  const progress = (step - warmup) / (steps - warmup)
  return minimumLearningRate + 0.5 * (1 + Math.cos(Math.PI * progress)) * (learningRate - minimumLearningRate)
}

/** Learning rates of `count` updates after `step`. */
export function learningRates(step: number, count: number, recipe: Pick<Recipe, 'optimiser' | 'steps'>): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => learningRateAt(step + i, recipe.steps, recipe.optimiser))
}
