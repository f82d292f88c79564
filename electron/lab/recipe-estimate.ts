/** What a recipe will take on this machine, and what stands in its way. */
import { LabFailure } from '../contract/failure.ts'
import type { PretrainRecipe, RecipeEstimate } from '../contract/training.ts'
import { parametersOf, runSeconds, trainingBytes } from '../training/estimate.ts'
import type { RecipeProblem } from '../training/optimiser.ts'
import { batchSize, recipeProblems, type PreparedText } from '../training/preparation.ts'
import type { MachineSpeed } from './machine-speed.ts'
import type { PreparedTexts } from './prepared-texts.ts'

/** @param threads of the plan */
export async function estimateRecipe(
  recipe: PretrainRecipe,
  { texts, speed, threads }: { readonly texts: PreparedTexts; readonly speed: MachineSpeed; readonly threads: number }
): Promise<RecipeEstimate> {
  const { text, missing } = await preparedText(recipe, texts)
  const vocabulary = text?.tokenizer.vocabulary ?? vocabularyWithout(recipe)
  const train = text?.tokens.train.length ?? 0
  const batch = batchSize(recipe, train)
  const tokensPerStep = batch * recipe.model.context
  const peak = await speed.peak(threads).catch(() => null)
  return {
    parameters: parametersOf(recipe, vocabulary),
    vocabulary,
    tokensPerStep,
    seconds: peak === null ? null : runSeconds(recipe, batch, vocabulary, peak),
    bytes: trainingBytes(recipe, batch, vocabulary),
    epochs: train > 0 ? (recipe.steps * tokensPerStep) / train : 0,
    problems: [...missing, ...recipeProblems(recipe, text)]
  }
}

async function preparedText(
  recipe: PretrainRecipe,
  texts: PreparedTexts
): Promise<{ readonly text?: PreparedText; readonly missing: readonly RecipeProblem[] }> {
  try {
    return { text: (await texts.of(recipe)).text, missing: [] }
  } catch (error) {
    if (!(error instanceof LabFailure)) throw error
    return { missing: [{ field: 'corpus.source', code: error.code, message: error.message }] }
  }
}

/** Size of a vocabulary as far as the recipe alone says it; the characters of a text are known from the text only. */
function vocabularyWithout({ tokenizer }: PretrainRecipe): number {
  return tokenizer.kind === 'bpe' ? tokenizer.vocabulary : tokenizer.kind === 'bytes' ? 257 : 0
}
