/** The models of reinforcement learning, compiled: what the stage starts from and the shapes it works in. */
import { LabFailure } from '../contract/failure.ts'
import type { RecipeOf } from '../contract/training.ts'
import type { AtlasPrompt } from '../corpora/atlas/prompts.ts'
import { chatIds, encodePrompt } from '../corpora/chat.ts'
import type { Comparison } from '../corpora/preferences.ts'
import type { Plan } from '../engine/plan.ts'
import { gptGraph, type GptConfig } from '../graph/gpt.ts'
import type { Graph } from '../graph/graph.ts'
import { policyGraph, rewardGraph, valueGraph } from '../graph/heads.ts'
import type { Parameters } from '../graph/parameters.ts'
import type { Random } from '../sampling/random.ts'
import type { Tokenizer } from '../tokenizers/tokenizer.ts'
import { optimiserOf } from './optimiser.ts'
import type { Compile } from './prepared-run.ts'
import type { RewardFormat } from './reward-scores.ts'
import type { RolloutOptions } from './rollouts.ts'

export type PolicyRecipe = RecipeOf<'ppo'> | RecipeOf<'grpo'>

/** What both algorithms set. */
export const rolloutSettings = (recipe: PolicyRecipe) => (recipe.stage === 'ppo' ? recipe.ppo : recipe.grpo)

/** Says which answers are better; its rules reach the models through comparisons only. */
export interface Rater {
  judge(prompt: AtlasPrompt, completion: string): { readonly quality: number; readonly right?: boolean }
  rank(
    prompt: AtlasPrompt,
    completions: readonly string[],
    options: { readonly noise: number; readonly random: Random }
  ): readonly number[]
}

/** What the stage starts from. */
export interface PolicyStart {
  readonly recipe: PolicyRecipe
  /** Sizes of all four models. */
  readonly config: GptConfig
  readonly tokenizer: Tokenizer
  readonly prompts: readonly AtlasPrompt[]
  readonly rater: Rater
  /** Weights of the model that is trained further, and of the reward model. */
  readonly policy: Parameters
  readonly reward: Parameters
  /** Comparisons that stay among the earlier ones of every round: right against wrong in the same manner. */
  readonly written: readonly Comparison[]
  /** Pretraining documents as tokens, where the recipe mixes them in. */
  readonly documents?: Int32Array
}

/** Shapes and formats that follow from a recipe and its prompts. */
export interface PolicyShape {
  /** T of all plans: the longest prompt, an answer, and the two tokens that close it for the reward model. */
  readonly length: number
  /** Every prompt in the chat format. */
  readonly asked: readonly Int32Array[]
  readonly format: RewardFormat
  readonly rollout: RolloutOptions
  /** Comparisons in a batch of the reward model. */
  readonly comparisons: number
}

/** Decoded at once: rows enough to keep every core busy. */
const mostStreams = 128
const comparisonsPerBatch = 8

/**
 * @throws LabFailure `tokenizer-foreign`, `context-too-long`, `rollouts-uneven`
 */
export function policyShape({ recipe, config, tokenizer, prompts }: PolicyStart): PolicyShape {
  const { tokens, temperature, rollouts, rounds } = rolloutSettings(recipe)
  const { end, reward } = chatIds(tokenizer)
  const asked = prompts.map(({ text }) => encodePrompt(tokenizer, text))
  const length = Math.max(...asked.map(prompt => prompt.length)) + Math.max(tokens, rounds?.tokens ?? 0) + 2
  if (length > config.context)
    throw new LabFailure(
      'context-too-long',
      `Expected prompt and answer to fit into ${config.context} tokens, the model's context, but they take up to ${length}. Ask for shorter answers.`,
      { context: config.context, length }
    )
  const unit = recipe.stage === 'grpo' ? recipe.grpo.group : 1
  if (rollouts % recipe.batch.size !== 0 || rollouts % unit !== 0)
    throw new LabFailure(
      'rollouts-uneven',
      `Expected the ${rollouts} rollouts of an iteration to be whole batches of ${recipe.batch.size}${unit > 1 ? ` and whole groups of ${unit}` : ''}. Change rollouts or batch.size.`,
      { rollouts, batch: recipe.batch.size, group: unit }
    )
  return {
    length,
    asked,
    format: { endToken: end, rewardToken: reward },
    rollout: { streams: Math.min(mostStreams, rollouts), maxTokens: tokens, temperature, endToken: end },
    comparisons: comparisonsPerBatch
  }
}

export interface PolicyPlans {
  readonly policy: Plan
  readonly reference: Plan
  readonly reward: Plan
  /** PPO's. */
  readonly value?: Plan
  /** The policy once more, with the loss of pretraining. */
  readonly documents?: Plan
}

/** The graphs of the plans, by the same names. */
export function policyGraphs({ recipe, config }: PolicyStart): Record<Exclude<keyof PolicyPlans, 'reference'>, Graph> {
  const { temperature, clip, beta } = rolloutSettings(recipe)
  const sizes = { ...config, dropout: 0 }
  return {
    policy: policyGraph(sizes, { temperature, clip, ...(recipe.stage === 'grpo' && { beta }) }),
    reward: rewardGraph(sizes),
    value: valueGraph(sizes, { clip: recipe.stage === 'ppo' ? recipe.ppo.valueClip : 1 }),
    documents: gptGraph(sizes)
  }
}

/** Compiles what the recipe needs; the caller closes the plans. */
export function compilePolicyPlans(
  start: PolicyStart,
  { length, rollout, comparisons }: PolicyShape,
  compile: Compile
): PolicyPlans {
  const { recipe } = start
  const graphs = policyGraphs(start)
  const plan = (graph: Graph, batch: number, streams = 0) =>
    compile(graph, { batch, length, streams, optimiser: optimiserOf(recipe, graph) })
  const { size } = recipe.batch
  const mixes = recipe.stage === 'ppo' && recipe.ppo.pretraining > 0
  return {
    policy: plan(graphs.policy, size, rollout.streams),
    reference: plan(graphs.policy, size),
    reward: plan(graphs.reward, comparisons * (rolloutSettings(recipe).rounds?.completions ?? 1)),
    ...(recipe.stage === 'ppo' && { value: plan(graphs.value, size) }),
    ...(mixes && { documents: plan(graphs.documents, size) })
  }
}
