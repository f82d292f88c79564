/** From a recipe of a later stage to a run that can go on. */
import { readFile } from 'node:fs/promises'
import type { ModelKind } from '../contract/models.ts'
import type { Recipe, RecipeOf } from '../contract/training.ts'
import { encodeExchange } from '../corpora/chat.ts'
import { writeComparisons, type Comparison } from '../corpora/preferences.ts'
import { gptGraph } from '../graph/gpt.ts'
import { countParameters, type Graph } from '../graph/graph.ts'
import { classifierGraph, rewardGraph } from '../graph/heads.ts'
import { TokenList } from '../tokenizers/vocabulary.ts'
import { classification } from '../training/classify.ts'
import { preferenceOptimisation } from '../training/dpo.ts'
import { splitByPrompt, type SplitItems } from '../training/held-out.ts'
import { optimiserProblems } from '../training/optimiser.ts'
import { assertRecipe } from '../training/preparation.ts'
import type { Compile, PreparedRun, RunData, Waypoint } from '../training/prepared-run.ts'
import { rolloutSettings, type PolicyRecipe } from '../training/policy-plans.ts'
import { rewardModelling } from '../training/reward-model.ts'
import type { TrainingStage } from '../training/run-loop.ts'
import { fineTuning } from '../training/sft.ts'
import { policyRun } from './policy-run.ts'
import type { PreparationSurroundings, ResumedFrom } from './preparation-surroundings.ts'
import { addedComparisons, comparisonsOf, demonstrations, labelledTexts, newComparisons, type StageData } from './stage-data.ts'
import { assertUnchanged, rewardModelFor, sameModel, startingModel, type StageModel } from './stage-model.ts'

export type LaterRecipe = Exclude<Recipe, { readonly stage: 'pretrain' }>

/**
 * @param resumed for a run that goes on
 * @throws LabFailure `stage-wrong-model`, `tokenizer-foreign`, `model-changed`, and those of the data
 */
export async function prepareLaterStage(
  recipe: LaterRecipe,
  lab: PreparationSurroundings,
  resumed?: ResumedFrom
): Promise<PreparedRun> {
  assertRecipe(optimiserProblems(recipe))
  const model = resumed
    ? await sameModel(lab.models, recipe.stage, resumed.folder.id, resumed.record.from!)
    : await startingModel(lab.models, recipe.stage, recipe.from)
  switch (recipe.stage) {
    case 'sft':
      return sft(recipe, model, lab)
    case 'reward':
      return reward(recipe, model, await comparisonsFor(recipe, recipe.reward, model, lab, resumed))
    case 'dpo':
      return dpo(recipe, model, await comparisonsFor(recipe, recipe.dpo, model, lab, resumed))
    case 'classify':
      return classify(recipe, model)
    case 'ppo':
    case 'grpo':
      return reinforcement(recipe, model, lab, resumed)
  }
}

type Comparisons = StageData<readonly Comparison[]>
/** At hand, or drawn from the model in the run. */
type ComparisonSource = Comparisons | ((at: Waypoint) => Promise<Comparisons | undefined>)

/** Of a resumed run they are in its folder, unless it ended while they were gathered. */
async function comparisonsFor(
  recipe: LaterRecipe,
  options: RecipeOf<'reward'>['reward'],
  model: StageModel,
  lab: PreparationSurroundings,
  resumed?: ResumedFrom
): Promise<ComparisonSource> {
  const known = resumed?.record.corpus
  if (known) return comparisonsOf(await readFile(resumed.folder.comparisons, 'utf8'), known)
  if (options.source !== 'atlas') return addedComparisons(options.source, lab.corpora)
  return at => newComparisons(recipe, options, model, { engine: lab.engine.get(), threads: lab.threads() }, at)
}

/** What a stage makes of its comparisons, as soon as they are there. */
function learningFrom(
  source: ComparisonSource,
  { heldOut, seed }: { readonly heldOut: number; readonly seed: number },
  { tokenizer }: StageModel,
  open: (comparisons: SplitItems<Comparison>, compile: Compile) => TrainingStage
): PreparedRun['data'] {
  const count = (of: readonly Comparison[]) =>
    of.flatMap(({ completions }) => completions).reduce((sum, text) => sum + tokenizer.encode(text).length, 0)
  const dataOf = ({ items, corpus }: Comparisons): RunData => {
    const split = splitByPrompt(items, heldOut, seed)
    return {
      corpus,
      tokens: { train: count(split.train), validation: count(split.heldOut) },
      comparisons: writeComparisons(items),
      open: compile => open(split, compile)
    }
  }
  if (typeof source !== 'function') return dataOf(source)
  return async at => {
    const gathered = await source(at)
    return gathered && dataOf(gathered)
  }
}

/** What the runs of all later stages say of themselves. */
function common(
  { tokenizer, config, record }: StageModel,
  output: { readonly kind: ModelKind; readonly graph: Graph; readonly classes?: readonly string[] }
): Pick<PreparedRun, 'from' | 'tokenizer' | 'vocabulary' | 'parameters' | 'model'> {
  return {
    from: record,
    tokenizer: tokenizer.json(),
    vocabulary: tokenizer.vocabulary,
    parameters: countParameters(output.graph),
    model: { config, ...output }
  }
}

async function sft(recipe: RecipeOf<'sft'>, model: StageModel, lab: PreparationSurroundings): Promise<PreparedRun> {
  const { config, tokenizer, parameters } = model
  const { items, corpus } = demonstrations(recipe.sft.source)
  const split = splitByPrompt(items, recipe.sft.heldOut, recipe.seed)
  const encode = (from: typeof items) => from.map(({ prompt, answer }) => encodeExchange(tokenizer, prompt, answer))
  const exchanges = { train: encode(split.train), heldOut: encode(split.heldOut) }
  const count = (from: typeof exchanges.train) => from.reduce((sum, { tokens }) => sum + tokens.length, 0)
  const mixed = recipe.sft.pretraining > 0 ? { documents: await pretrainingTokens(recipe.sft.source, model, lab) } : {}
  return {
    ...common(model, { kind: 'sft', graph: gptGraph(config) }),
    data: {
      corpus,
      tokens: { train: count(exchanges.train), validation: count(exchanges.heldOut) },
      open: compile => fineTuning({ recipe, config, tokenizer, parameters, exchanges, ...mixed }, compile)
    }
  }
}

/** The documents of pretraining as one text, an end token after each. */
async function pretrainingTokens(
  source: string,
  { tokenizer }: StageModel,
  { corpora }: PreparationSurroundings
): Promise<Int32Array> {
  const ids = new TokenList()
  for (const document of (await corpora.read(source)).documents) {
    ids.add(await tokenizer.encodeLong(document))
    ids.add([tokenizer.endToken!])
  }
  return ids.take()
}

function reward(recipe: RecipeOf<'reward'>, model: StageModel, source: ComparisonSource): PreparedRun {
  const { config, tokenizer, parameters } = model
  return {
    ...common(model, { kind: 'reward', graph: rewardGraph(config) }),
    data: learningFrom(source, { ...recipe.reward, seed: recipe.seed }, model, (comparisons, compile) =>
      rewardModelling({ recipe, config, tokenizer, parameters, comparisons }, compile)
    )
  }
}

function dpo(recipe: RecipeOf<'dpo'>, model: StageModel, source: ComparisonSource): PreparedRun {
  const { config, tokenizer, parameters } = model
  return {
    ...common(model, { kind: 'rlhf', graph: gptGraph(config) }),
    data: learningFrom(source, { ...recipe.dpo, seed: recipe.seed }, model, (comparisons, compile) =>
      preferenceOptimisation({ recipe, config, tokenizer, parameters, comparisons }, compile)
    )
  }
}

async function reinforcement(
  recipe: PolicyRecipe,
  model: StageModel,
  lab: PreparationSurroundings,
  resumed?: ResumedFrom
): Promise<PreparedRun> {
  const known = resumed?.record.reward
  const { reward: asked } = rolloutSettings(recipe)
  const reward = await rewardModelFor(lab.models, recipe.stage, known?.id ?? asked, model)
  if (known) assertUnchanged(resumed.folder.id, known, reward)
  const mixes = recipe.stage === 'ppo' && recipe.ppo.pretraining > 0
  const documents = mixes ? await pretrainingTokens('atlas', model, lab) : undefined
  const { graph, ...run } = policyRun(recipe, model, reward, documents)
  return { ...common(model, { kind: 'rlhf', graph }), ...run }
}

function classify(recipe: RecipeOf<'classify'>, model: StageModel): PreparedRun {
  const { config, tokenizer, parameters } = model
  const { items: texts, corpus } = labelledTexts(recipe.classify.source)
  const classes = [...new Set(texts.train.map(({ label }) => label))].sort()
  const count = (of: typeof texts.train) => of.reduce((sum, { text }) => sum + tokenizer.encode(text).length, 0)
  return {
    ...common(model, { kind: 'base', graph: classifierGraph(config, classes.length), classes }),
    data: {
      corpus,
      tokens: { train: count(texts.train), validation: count(texts.heldOut) },
      open: compile => classification({ recipe, config, tokenizer, parameters, texts, classes }, compile)
    }
  }
}
