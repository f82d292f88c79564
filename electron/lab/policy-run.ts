/** From a recipe of PPO or GRPO to a run that can go on. */
import { LabFailure } from '../contract/failure.ts'
import { atlas, atlasSeed } from '../corpora/atlas/atlas.ts'
import { writtenComparisons } from '../corpora/atlas/comparisons.ts'
import { judge, rank } from '../corpora/atlas/rater.ts'
import { gptGraph } from '../graph/gpt.ts'
import { policyShape, rolloutSettings, type PolicyRecipe, type PolicyStart } from '../training/policy-plans.ts'
import { policyStage } from '../training/policy-stage.ts'
import type { PreparedRun } from '../training/prepared-run.ts'
import { atlasData } from './stage-data.ts'
import type { StageModel } from './stage-model.ts'

/**
 * @param reward the model that scores; of the policy's lineage
 * @param documents pretraining documents as tokens, where the recipe mixes them in
 * @throws LabFailure `stage-sizes`, and those of `policyShape`
 */
export function policyRun(
  recipe: PolicyRecipe,
  policy: StageModel,
  reward: StageModel,
  documents: Int32Array | undefined
): Pick<PreparedRun, 'reward' | 'data'> & { readonly graph: PreparedRun['model']['graph'] } {
  assertSameSizes(policy, reward)
  const world = atlas()
  const prompts = world.prompts.filter(({ split }) => split === 'train')
  const { rounds } = rolloutSettings(recipe)
  const start: PolicyStart = {
    recipe,
    config: policy.config,
    tokenizer: policy.tokenizer,
    prompts,
    rater: { judge, rank },
    policy: policy.parameters,
    reward: reward.parameters,
    written: rounds
      ? writtenComparisons(world, {
          count: rounds.written,
          split: 'train',
          completions: rounds.completions,
          noise: rounds.noise,
          seed: (recipe.seed + atlasSeed) % 2 ** 32
        })
      : [],
    ...(documents && { documents })
  }
  const { asked } = policyShape(start)
  return {
    graph: gptGraph(policy.config),
    reward: reward.record,
    data: {
      corpus: atlasData('prompts', JSON.stringify(prompts)),
      tokens: { train: asked.reduce((sum, { length }) => sum + length, 0), validation: 0 },
      open: (compile, folder) => policyStage(start, compile, folder)
    }
  }
}

/** The value model starts from the reward model and reads what the policy writes. */
function assertSameSizes(policy: StageModel, reward: StageModel): void {
  const sizes = ({ config: { layers, heads, channels, context, vocabulary } }: StageModel) =>
    `${layers} layers, ${heads} heads, ${channels} channels, context ${context}, vocabulary ${vocabulary}`
  if (sizes(policy) !== sizes(reward))
    throw new LabFailure(
      'stage-sizes',
      `Expected ${reward.name} to have the sizes of ${policy.name} (${sizes(policy)}) but it has ${sizes(reward)}. Choose models of one lineage.`,
      { model: reward.name, expected: sizes(policy), received: sizes(reward) }
    )
}
