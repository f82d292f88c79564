/** Optimiser settings of a recipe. */
import type { Recipe, RecipeEstimate } from '../contract/training.ts'
import type { OptimiserOptions } from '../engine/plan.ts'
import type { Graph } from '../graph/graph.ts'

export type RecipeProblem = RecipeEstimate['problems'][number]

/** Optimiser settings for the engine; which parameters decay is the recipe's choice. */
export function optimiserOf({ optimiser }: Pick<Recipe, 'optimiser'>, graph: Graph): OptimiserOptions {
  const { beta1, beta2, epsilon, weightDecay, clip, decay } = optimiser
  const decayed = graph.parameters
    .filter(parameter => decay === 'all' || parameter.shape.length >= 2)
    .map(parameter => parameter.name)
  return { beta1, beta2, epsilon, weightDecay, clip, decayed }
}

/** What is wrong with the optimiser's settings, field by field. */
export function optimiserProblems({ optimiser }: Pick<Recipe, 'optimiser'>): RecipeProblem[] {
  const problems: RecipeProblem[] = []
  const say = (field: string, code: string, message: string) => void problems.push({ field, code, message })
  if (optimiser.minimumLearningRate > optimiser.learningRate)
    say(
      'optimiser.minimumLearningRate',
      'learning-rate-order',
      `Expected a lowest learning rate of at most ${optimiser.learningRate} but received ${optimiser.minimumLearningRate}.`
    )
  for (const beta of ['beta1', 'beta2'] as const)
    if (optimiser[beta] >= 1) say(`optimiser.${beta}`, 'beta-range', `Expected ${beta} below 1 but received ${optimiser[beta]}.`)
  if (!(optimiser.epsilon > 0))
    say('optimiser.epsilon', 'epsilon-range', `Expected epsilon above 0 but received ${optimiser.epsilon}.`)
  return problems
}
