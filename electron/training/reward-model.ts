/**
 * Reward model: the trunk of a chat model with a scalar in the place of its head, read at `<|reward|>` after prompt
 * and completion. It learns from ranked completions that the better of two should have the higher score:
 * −log σ(r_better − r_worse), over all pairs of a comparison from one forward pass (Ouyang et al. 2022).
 */
import type { RecipeOf } from '../contract/training.ts'
import type { Comparison } from '../corpora/preferences.ts'
import type { Plan } from '../engine/plan.ts'
import type { GptConfig } from '../graph/gpt.ts'
import { rewardGraph } from '../graph/heads.ts'
import { takeOver } from '../graph/initialisation.ts'
import type { Parameters } from '../graph/parameters.ts'
import { expectedCalibrationError } from '../measures/calibration.ts'
import type { Tokenizer } from '../tokenizers/tokenizer.ts'
import type { SplitItems } from './held-out.ts'
import { decidedPairs, isDecided, judgedComparisons, judgedRows, longest, type JudgedComparison } from './judged-rows.ts'
import { groupsOf, LengthGroups, trainGroups } from './length-groups.ts'
import { optimiserOf } from './optimiser.ts'
import { rewardModelLoss } from './preference-losses.ts'
import type { Compile } from './prepared-run.ts'
import type { TrainingStage } from './run-loop.ts'

export interface RewardModelling {
  readonly recipe: RecipeOf<'reward'>
  readonly config: GptConfig
  readonly tokenizer: Tokenizer
  /** Of the chat model. */
  readonly parameters: Parameters
  readonly comparisons: SplitItems<Comparison>
}

export function rewardModelling(
  { recipe, config, tokenizer, parameters, comparisons }: RewardModelling,
  compile: Compile
): TrainingStage {
  const judged = {
    train: judgedComparisons(comparisons.train, tokenizer, config.context).filter(isDecided),
    heldOut: judgedComparisons(comparisons.heldOut, tokenizer, config.context).filter(isDecided)
  }
  const all = [...judged.train, ...judged.heldOut]
  const width = Math.max(...all.map(({ sequences }) => sequences.length))
  const form = { width, length: longest(all), tokenizer }
  const batch = recipe.batch.size * width
  const graph = rewardGraph(config)
  const plan = compile(graph, { batch, length: form.length, seed: recipe.seed, optimiser: optimiserOf(recipe, graph) })

  const batches = new LengthGroups(judged.train, comparison => longest([comparison]), groupsOf(recipe))

  const measure = (from: readonly JudgedComparison[]) =>
    measureComparisons(plan, from.slice(0, recipe.batch.size * recipe.evaluation.batches), form)

  return {
    models: { model: { plan, graph } },
    initialise: () => plan.writeParameters(takeOver(graph, parameters, recipe.seed)),
    train: ({ step, count }) =>
      trainGroups(plan, batches, { step, count, recipe }, comparisons => {
        const length = longest(comparisons)
        return { inputs: judgedRows(comparisons, { ...form, length }), length, rows: batch }
      }),
    async evaluate() {
      const train = await measure(judged.train)
      const seen = { 'train/accuracy': train.accuracy, 'train/margin': train.margin }
      if (judged.heldOut.length === 0) return { trainLoss: train.loss, validationLoss: null, metrics: seen }
      const held = await measure(judged.heldOut)
      return {
        trainLoss: train.loss,
        validationLoss: held.loss,
        metrics: {
          ...seen,
          'eval/accuracy': held.accuracy,
          'eval/margin': held.margin,
          'eval/ece': held.calibrationError,
          'eval/mean_reward': held.meanScore
        }
      }
    }
  }
}

/** How a reward model judges comparisons. */
export interface JudgementMeasures {
  /** −log σ of the lead, mean over pairs. */
  readonly loss: number
  /** Share of pairs whose better completion has the higher score. */
  readonly accuracy: number
  /** Mean lead. */
  readonly margin: number
  /** Expected calibration error of σ(lead) as the probability that the first of a pair is preferred. */
  readonly calibrationError: number
  readonly meanScore: number
}

/**
 * Lets a reward model score comparisons and holds its scores against the ranks.
 * @param plan of a reward graph for sequences of `length` tokens
 */
export async function measureComparisons(
  plan: Pick<Plan, 'outputs'>,
  comparisons: readonly JudgedComparison[],
  form: { readonly width: number; readonly length: number; readonly tokenizer: Tokenizer }
): Promise<JudgementMeasures> {
  const { tokens, at } = judgedRows(comparisons, form)
  const scores = await plan.outputs({ tokens }, 'scores')
  const scoreOf = (c: number, i: number) => {
    const row = c * form.width + i
    return scores[row * form.length + at[row]!]!
  }
  const pairs = comparisons.flatMap(({ ranks }, c) =>
    decidedPairs(ranks).map(([better, worse]) => [scoreOf(c, better), scoreOf(c, worse)] as const)
  )
  const { loss, accuracy, margin } = rewardModelLoss(
    pairs.map(([better]) => better),
    pairs.map(([, worse]) => worse)
  )
  // Each pair in both orders: who stands first must not matter.
  const forecasts = pairs.flatMap(([better, worse]) => {
    const probability = 1 / (1 + Math.exp(worse - better))
    return [
      { probability, happened: true },
      { probability: 1 - probability, happened: false }
    ]
  })
  const all = comparisons.flatMap(({ sequences }, c) => sequences.map((_, i) => scoreOf(c, i)))
  return {
    loss,
    accuracy,
    margin,
    calibrationError: expectedCalibrationError(forecasts),
    meanScore: all.reduce((sum, score) => sum + score, 0) / all.length
  }
}
