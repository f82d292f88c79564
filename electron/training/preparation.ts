/** From a recipe and a text to everything that a training loop needs. */
import { LabFailure } from '../contract/failure.ts'
import type { Recipe, RecipeEstimate } from '../contract/training.ts'
import type { OptimiserOptions, Plan, PlanOptions } from '../engine/plan.ts'
import { gptGraph } from '../graph/gpt.ts'
import { countParameters, type Graph } from '../graph/graph.ts'
import { initialise } from '../graph/initialisation.ts'
import { trainTokenizer, type Tokenizer } from '../tokenizers/tokenizer.ts'
import { writeSample } from './sample.ts'
import type { Pretraining } from './pretrain.ts'

export type RecipeProblem = RecipeEstimate['problems'][number]

/** A text split for training. */
export interface PreparedText {
  readonly tokenizer: Tokenizer
  readonly tokens: { readonly train: Int32Array; readonly validation: Int32Array }
}

/** What a run works with. */
export interface Prepared extends PreparedText {
  readonly graph: Graph
  readonly batch: number
  readonly plan: Omit<PlanOptions, 'threads' | 'simd'>
  readonly parameters: number
}

/** Cuts a text into the part to learn and the part held out at its end, by characters (nanoGPT's prepare.py). */
export function splitText(text: string, validation: number): { readonly train: string; readonly validation: string } {
  let cut = Math.floor(text.length * (1 - validation))
  // Never between the halves of a character outside the basic plane.
  if (cut > 0 && cut < text.length && (text.charCodeAt(cut) & 0xfc00) === 0xdc00) cut--
  return { train: text.slice(0, cut), validation: text.slice(cut) }
}

/** Sequences in a batch: the recipe's, or every window of the text. */
export function batchSize(recipe: Recipe, trainTokens: number): number {
  return recipe.batch.draw === 'all' ? Math.max(1, trainTokens - recipe.model.context) : recipe.batch.size
}

/** Optimiser settings for the engine; which parameters decay is the recipe's choice. */
export function optimiserOf(recipe: Recipe, graph: Graph): OptimiserOptions {
  const { beta1, beta2, epsilon, weightDecay, clip, decay } = recipe.optimiser
  const decayed = graph.parameters
    .filter(parameter => decay === 'all' || parameter.shape.length >= 2)
    .map(parameter => parameter.name)
  return { beta1, beta2, epsilon, weightDecay, clip, decayed }
}

/** Largest batch of a recipe that reads every window. */
const mostWindows = 4096

/** What stands in a recipe's way, field by field; none for a recipe that can be started. */
export function recipeProblems(recipe: Recipe, text?: { readonly train: number; readonly validation: number }): RecipeProblem[] {
  const problems: RecipeProblem[] = []
  const say = (field: string, code: string, message: string) => void problems.push({ field, code, message })
  const { model, optimiser, corpus } = recipe
  if (model.channels % model.heads !== 0)
    say(
      'model.heads',
      'graph-heads',
      `Expected channels to be a multiple of the heads but received ${model.channels} channels and ${model.heads} heads.`
    )
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
  if (!text) return problems
  if (text.train <= model.context)
    say(
      'model.context',
      'text-too-short',
      `Expected a text of more than ${model.context} tokens, one window, but the part to learn has ${text.train}. Choose a longer text or a shorter context.`
    )
  if (corpus.validation > 0 && text.validation <= model.context)
    say(
      'corpus.validation',
      'validation-too-short',
      `Expected the held-out part to have more than ${model.context} tokens, one window, but it has ${text.validation}. Hold out more, or nothing.`
    )
  if (recipe.batch.draw === 'all' && text.train - model.context > mostWindows)
    say(
      'batch.draw',
      'text-too-long',
      `Expected at most ${mostWindows} windows to read them all at every step but the text has ${text.train - model.context}. Draw them at random instead.`
    )
  return problems
}

/** @throws LabFailure with the code of the first problem; details.field says where */
export function assertRecipe(problems: readonly RecipeProblem[]): void {
  const first = problems[0]
  if (first) throw new LabFailure(first.code, first.message, { field: first.field })
}

/** A text to train on: its documents in order. */
export interface TrainingCorpus {
  readonly title: string
  readonly documents: readonly string[]
}

/**
 * Makes of a recipe and a text what a run works with: tokenizer, tokens, graph, settings of the plan.
 * @param tokenizerFile of a run that goes on; else a tokenizer is made from the text
 * @throws LabFailure with the code of the recipe's first problem
 */
export async function preparePretraining(
  recipe: Recipe,
  corpus: TrainingCorpus,
  tokenizerFile?: string
): Promise<Prepared & RunParts> {
  assertRecipe(recipeProblems(recipe))
  throw new Error(`not yet ${corpus.title} ${tokenizerFile}`)
}
