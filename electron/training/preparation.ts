/** From a recipe and a text to everything that a training loop needs. */
import { totalmem } from 'node:os'
import { LabFailure } from '../contract/failure.ts'
import type { PretrainRecipe } from '../contract/training.ts'
import type { Plan, PlanOptions } from '../engine/plan.ts'
import { gptGraph } from '../graph/gpt.ts'
import { countParameters, type Graph } from '../graph/graph.ts'
import { initialise } from '../graph/initialisation.ts'
import { chatTokens } from '../corpora/chat.ts'
import { holdOut, plainText } from '../corpora/documents.ts'
import { endOfText, trainTokenizer, type Tokenizer } from '../tokenizers/tokenizer.ts'
import { TokenList } from '../tokenizers/vocabulary.ts'
import { trainingBytes } from './estimate.ts'
import { optimiserOf, optimiserProblems, type RecipeProblem } from './optimiser.ts'
import { writeSample } from './sample.ts'
import type { Pretraining } from './pretrain.ts'

/** A text to train on: its documents in order. */
export interface TrainingCorpus {
  readonly title: string
  readonly documents: readonly string[]
}

/** A text as tokens, split for training. */
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
  /** The tokenizer's file, tokenizer.json. */
  readonly tokenizerText: string
  /** The parts of the training loop that come from the recipe and the text. */
  run(plan: Plan): Omit<Pretraining, 'recipe' | 'plan'>
}

/**
 * Cuts a text into tokens. A character GPT reads plain text, as nanoGPT's does, and knows every character of it;
 * the others read documents with an end token after each, and learn their merges from the part to learn only.
 * @param known tokenizer of a run that goes on
 */
export async function prepareText(
  recipe: Pick<PretrainRecipe, 'tokenizer' | 'corpus'>,
  { documents }: TrainingCorpus,
  known?: Tokenizer
): Promise<PreparedText> {
  const { train, validation } = holdOut(documents, recipe.corpus.validation)
  if (recipe.tokenizer.kind === 'characters') {
    const tokenizer = known ?? (await trainTokenizer(recipe.tokenizer, plainText(documents)))
    const encode = (part: readonly string[]) => tokenizer.encodeLong(plainText(part))
    return { tokenizer, tokens: { train: await encode(train), validation: await encode(validation) } }
  }
  const special = recipe.tokenizer.kind === 'bpe' && recipe.tokenizer.chat ? chatTokens : [endOfText]
  const tokenizer = known ?? (await trainTokenizer(recipe.tokenizer, plainText(train), special))
  const encode = async (part: readonly string[]): Promise<Int32Array> => {
    const ids = new TokenList()
    for (const document of part) {
      ids.add(await tokenizer.encodeLong(document))
      ids.add([tokenizer.endToken!])
    }
    return ids.take()
  }
  return { tokenizer, tokens: { train: await encode(train), validation: await encode(validation) } }
}

/** Sequences in a batch: the recipe's, or every window of the text. */
export function batchSize(recipe: PretrainRecipe, trainTokens: number): number {
  return recipe.batch.draw === 'all' ? Math.max(1, trainTokens - recipe.model.context) : recipe.batch.size
}

/** Largest batch of a recipe that reads every window. */
const mostWindows = 4096

/**
 * What stands in a recipe's way, field by field; none for a recipe that can be started.
 * @param text the recipe's text as tokens; without it only the recipe itself is looked at
 */
export function recipeProblems(recipe: PretrainRecipe, text?: PreparedText): RecipeProblem[] {
  const { model, corpus } = recipe
  const problems: RecipeProblem[] = []
  const say = (field: string, code: string, message: string) => void problems.push({ field, code, message })
  if (model.channels % model.heads !== 0)
    say(
      'model.heads',
      'graph-heads',
      `Expected channels to be a multiple of the heads but received ${model.channels} channels and ${model.heads} heads.`
    )
  problems.push(...optimiserProblems(recipe))
  if (!text) return problems

  const train = text.tokens.train.length
  const validation = text.tokens.validation.length
  if (train <= model.context)
    say(
      'model.context',
      'text-too-short',
      `Expected a text of more than ${model.context} tokens, one window, but the part to learn has ${train}. Choose a longer text or a shorter context.`
    )
  if (corpus.validation > 0 && validation <= model.context)
    say(
      'corpus.validation',
      'validation-too-short',
      `Expected the held-out part to have more than ${model.context} tokens, one window, but it has ${validation}. Hold out more, or nothing.`
    )
  if (recipe.batch.draw === 'all' && train - model.context > mostWindows)
    say(
      'batch.draw',
      'text-too-long',
      `Expected at most ${mostWindows} windows to read them all at every step but the text has ${train - model.context}. Draw them at random instead.`
    )
  const unknown = unknownInPrompt(recipe, text.tokenizer)
  if (unknown) say('samples.prompt', unknown.code, unknown.message)
  const bytes = trainingBytes(recipe, batchSize(recipe, train), text.tokenizer.vocabulary)
  if (bytes > totalmem())
    say(
      'model.channels',
      'memory-short',
      `Expected training to fit into this machine's ${gigabytes(totalmem())} GB of memory but it takes about ${gigabytes(bytes)} GB. Choose a smaller model, a shorter context or smaller batches.`
    )
  return problems
}

function unknownInPrompt({ samples }: PretrainRecipe, tokenizer: Tokenizer): LabFailure | undefined {
  try {
    tokenizer.encode(samples.prompt)
    return undefined
  } catch (error) {
    if (error instanceof LabFailure) return error
    throw error
  }
}

const gigabytes = (bytes: number) => (bytes / 2 ** 30).toFixed(1)

/** @throws LabFailure with the code of the first problem; details.field says where */
export function assertRecipe(problems: readonly RecipeProblem[]): void {
  const first = problems[0]
  if (first) throw new LabFailure(first.code, first.message, { field: first.field })
}

/**
 * Makes of a recipe and a text what a run works with: tokenizer, tokens, graph, settings of the plan.
 * @param text when it has been prepared already; else a tokenizer is made from the text
 * @throws LabFailure with the code of the recipe's first problem
 */
export async function preparePretraining(recipe: PretrainRecipe, corpus: TrainingCorpus, text?: PreparedText): Promise<Prepared> {
  assertRecipe(recipeProblems(recipe))
  const { tokenizer, tokens } = text ?? (await prepareText(recipe, corpus))
  assertRecipe(recipeProblems(recipe, { tokenizer, tokens }))
  const graph = gptGraph({ ...recipe.model, vocabulary: tokenizer.vocabulary })
  const batch = batchSize(recipe, tokens.train.length)
  return {
    tokenizer,
    tokens,
    graph,
    batch,
    parameters: countParameters(graph),
    tokenizerText: tokenizer.json(),
    plan: { batch, length: recipe.model.context, seed: recipe.seed, streams: 1, optimiser: optimiserOf(recipe, graph) },
    run: plan => ({
      graph,
      batch,
      tokens,
      initial: () => initialise(graph, recipe.seed),
      writeSample: step => writeSample(plan, recipe, tokenizer, step)
    })
  }
}
