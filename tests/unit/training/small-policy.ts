/** Reinforcement learning in a very small world: letters, four questions, and a rater who likes the letter a. */
import type { RecipeOf } from '../../../electron/contract/training.ts'
import type { AtlasPrompt } from '../../../electron/corpora/atlas/prompts.ts'
import { chatTokens } from '../../../electron/corpora/chat.ts'
import { elements, type Graph } from '../../../electron/graph/graph.ts'
import { policyGraph, rewardGraph } from '../../../electron/graph/heads.ts'
import type { Parameters } from '../../../electron/graph/parameters.ts'
import { seededRandom } from '../../../electron/sampling/random.ts'
import { trainTokenizer } from '../../../electron/tokenizers/tokenizer.ts'
import type { PolicyRecipe, PolicyStart, Rater } from '../../../electron/training/policy-plans.ts'

const everyStage = {
  name: 'small',
  purpose: 'a test',
  expected: { minutes: 0, hardware: 'any' },
  seed: 5,
  optimiser: {
    learningRate: 1e-3,
    minimumLearningRate: 1e-3,
    warmup: 0,
    beta1: 0.9,
    beta2: 0.95,
    epsilon: 1e-8,
    weightDecay: 0,
    decay: 'matrices',
    clip: 1
  },
  steps: 12,
  evaluation: { every: 4, batches: 1 },
  checkpointSeconds: 0.05,
  from: 'sft',
  batch: { size: 8 },
  samples: { every: 4, tokens: 8, prompt: 'ab', temperature: 1 }
} as const

const rollouts = {
  reward: 'reward',
  rollouts: 32,
  tokens: 8,
  temperature: 0.7,
  epochs: 2,
  clip: 0.2,
  beta: 0.05,
  endPenalty: 1,
  keepEvery: 4,
  rounds: {
    every: 3,
    source: 'atlas',
    prompts: 12,
    written: 2,
    tokens: 8,
    completions: 4,
    temperature: 1,
    noise: 0,
    steps: 4,
    learningRate: 1e-3,
    earlier: 0.5
  }
} as const

export const smallPpo: RecipeOf<'ppo'> = {
  ...everyStage,
  stage: 'ppo',
  ppo: { ...rollouts, gamma: 1, lambda: 0.95, valueClip: 0.2, valueLearningRate: 1e-3, targetDivergence: 1, pretraining: 0.25 }
}
export const smallGrpo: RecipeOf<'grpo'> = { ...everyStage, stage: 'grpo', grpo: { ...rollouts, group: 8 } }

const prompts: AtlasPrompt[] = ['ab', 'ba', 'abc', 'c'].map((text, i) => ({ id: String(i), text, kind: 'open', split: 'train' }))

export const worth = (completion: string): number => [...completion].filter(letter => letter === 'a').length
export const rater: Rater = {
  judge: (_, completion) => ({ quality: worth(completion) }),
  rank: (_, completions) => completions.map(one => completions.filter(other => worth(other) > worth(one)).length)
}

/** Even numbers of a deviation with which a model says different things. */
function drawn(graph: Graph, seed: number): Parameters {
  const random = seededRandom(seed)
  return new Map(
    graph.parameters.map(({ name, shape, init }) => [
      name,
      Float32Array.from({ length: elements(shape) }, () => (init.kind === 'ones' ? 1 : 0) + (random.uniform() - 0.5) * 0.5)
    ])
  )
}

/** The same models every time. They have learnt nothing. */
export async function smallStart(recipe: PolicyRecipe): Promise<PolicyStart> {
  const tokenizer = await trainTokenizer({ kind: 'characters' }, 'abcdef', chatTokens)
  const { vocabulary } = tokenizer
  const config = { layers: 1, heads: 2, channels: 16, context: 24, vocabulary, bias: true, tied: true, dropout: 0 }
  return {
    recipe,
    config,
    tokenizer,
    prompts,
    rater,
    policy: drawn(policyGraph(config, { temperature: 1, clip: 0.2 }), 1),
    reward: drawn(rewardGraph(config), 2),
    written: [
      { prompt: 'ab', completions: ['aaa', 'b', 'ca'], ranks: [0, 2, 1], rater: 'test' },
      { prompt: 'c', completions: ['d', 'aba'], ranks: [1, 0], rater: 'test' }
    ],
    documents: tokenizer.encode('abcdefabcdefabcdefabcdefabcdefabcdef')
  }
}
