/** From a recipe to a run that can go on: data, tokenizer, the model that it starts from; a new run or one that is resumed. */
import { LabFailure } from '../contract/failure.ts'
import type { PretrainRecipe, Recipe } from '../contract/training.ts'
import { readTokenizerFile } from '../tokenizers/tokenizer.ts'
import { preparePretraining, prepareText, type PreparedText } from '../training/preparation.ts'
import type { PreparedRun } from '../training/prepared-run.ts'
import { pretraining } from '../training/pretrain.ts'
import type { Corpus } from './corpora.ts'
import { prepareLaterStage } from './later-stages.ts'
import type { PreparationSurroundings, ResumedFrom } from './preparation-surroundings.ts'

/** @throws LabFailure with the code of the recipe's first problem, and those of the data and models it names */
export async function prepareNewRun(recipe: Recipe, lab: PreparationSurroundings): Promise<PreparedRun> {
  if (recipe.stage !== 'pretrain') return prepareLaterStage(recipe, lab)
  const { corpus, text } = await lab.texts.of(recipe)
  return pretrainingRun(recipe, corpus, text)
}

/** @throws LabFailure `corpus-changed`, `model-changed` and those of `prepareNewRun` */
export async function prepareResumedRun(
  recipe: Recipe,
  lab: PreparationSurroundings,
  resumed: ResumedFrom
): Promise<PreparedRun> {
  if (recipe.stage !== 'pretrain') return prepareLaterStage(recipe, lab, resumed)
  const { folder, record } = resumed
  const known = record.corpus!
  const corpus = await lab.corpora.read(known.id)
  if (corpus.sha256 !== known.sha256) throw changed(folder.id, corpus.title)
  return pretrainingRun(recipe, corpus, await prepareText(recipe, corpus, await readTokenizerFile(folder.tokenizer)))
}

function changed(run: string, corpus: string): LabFailure {
  return new LabFailure(
    'corpus-changed',
    `The text ${corpus} is no longer the one that the run ${run} was started with. Bring that text back, or start a new run.`,
    { run, corpus }
  )
}

async function pretrainingRun(recipe: PretrainRecipe, corpus: Corpus, text: PreparedText): Promise<PreparedRun> {
  const prepared = await preparePretraining(recipe, corpus, text)
  const { tokenizer, tokens, graph, parameters } = prepared
  return {
    parameters,
    vocabulary: tokenizer.vocabulary,
    tokenizer: prepared.tokenizerText,
    model: { kind: 'base', config: { ...recipe.model, vocabulary: tokenizer.vocabulary }, graph },
    data: {
      corpus: { id: corpus.id, title: corpus.title, licence: corpus.licence, sha256: corpus.sha256 },
      tokens: { train: tokens.train.length, validation: tokens.validation.length },
      open: compile => {
        const plan = compile(graph, prepared.plan)
        return pretraining({ recipe, plan, ...prepared.run(plan) })
      }
    }
  }
}
