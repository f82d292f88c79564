/** Rounds: the reward model learns what the rater thinks of fresh answers, and the policy what the reward model thinks. */
import { afterAll, describe, expect, it } from 'vitest'
import { loadEngine } from '../../../electron/engine/engine.ts'
import type { Plan } from '../../../electron/engine/plan.ts'
import { seededRandom } from '../../../electron/sampling/random.ts'
import { compilePolicyPlans, policyShape, type PolicyRecipe } from '../../../electron/training/policy-plans.ts'
import { PolicyTraining, type Iteration } from '../../../electron/training/policy-training.ts'
import { adaptBeta } from '../../../electron/training/ppo.ts'
import { agreement, collectRanked, continueReward, decidedOnly } from '../../../electron/training/rounds.ts'
import { smallGrpo, smallPpo, smallStart, worth } from './small-policy.ts'

const plans: Plan[] = []
afterAll(() => Promise.all(plans.map(plan => plan.close())))

async function trainingOf(recipe: PolicyRecipe): Promise<PolicyTraining> {
  const start = await smallStart(recipe)
  const shape = policyShape(start)
  const training = new PolicyTraining(
    start,
    shape,
    compilePolicyPlans(start, shape, (graph, options) => {
      plans.push(loadEngine().compile(graph, { ...options, threads: 2 }))
      return plans.at(-1)!
    })
  )
  await training.begin()
  return training
}

async function iterations(training: PolicyTraining, count: number): Promise<Iteration[]> {
  const random = seededRandom(1, 1)
  const done: Iteration[] = []
  for (let step = 0; step < count; step++) done.push(await training.iterate(step, random))
  return done
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
const series = (done: readonly Iteration[], name: string) => done.map(({ metrics }) => metrics[name]!)

describe('a round', () => {
  it('teaches the reward model to agree with the rater, also on answers that it has not seen', async () => {
    const { plans, shape, start } = await trainingOf(smallPpo)
    const text = (response: Int32Array) => start.tokenizer.decode([...response])
    const collect = (seed: number) =>
      collectRanked(
        plans.policy,
        shape.asked.map((tokens, number) => ({ number, tokens })).flatMap(prompt => Array.from({ length: 8 }, () => prompt)),
        4,
        shape.rollout,
        (number, answers) =>
          start.rater.rank(
            start.prompts[number]!,
            answers.map(({ response }) => text(response)),
            { noise: 0, random: seededRandom(0) }
          ),
        seededRandom(seed)
      )
    const [fresh, unseen] = [decidedOnly(await collect(1)), decidedOnly(await collect(2))]
    // Better answers have more of what the rater likes.
    for (const { answers, ranks } of fresh)
      answers.forEach((a, i) =>
        answers.forEach((b, j) => expect(ranks[i]! < ranks[j]!).toBe(worth(text(a.response)) > worth(text(b.response))))
      )
    const rewardShape = { ...shape, completions: 4 }
    const before = await agreement(plans.reward, unseen, rewardShape)
    const learning = { steps: 60, learningRate: 5e-3, earlier: 0.5 }
    await continueReward(plans.reward, { fresh, earlier: [] }, learning, rewardShape, seededRandom(3))
    const after = await agreement(plans.reward, unseen, rewardShape)
    expect(before.accuracy).toBeLessThan(0.75)
    expect(after.accuracy).toBeGreaterThan(0.9)
    expect(after.margin).toBeGreaterThan(before.margin)
  })
})

describe('reinforcement learning', () => {
  it.each([
    [
      'PPO',
      {
        ...smallPpo,
        optimiser: { ...smallPpo.optimiser, learningRate: 3e-3 },
        ppo: { ...smallPpo.ppo, rounds: undefined, targetDivergence: undefined, pretraining: 0 }
      }
    ],
    [
      'GRPO',
      { ...smallGrpo, optimiser: { ...smallGrpo.optimiser, learningRate: 3e-3 }, grpo: { ...smallGrpo.grpo, rounds: undefined } }
    ]
  ] as const)('by %s raises the reward, at the price of divergence and entropy', async (_, recipe) => {
    const done = await iterations(await trainingOf(recipe as PolicyRecipe), 24)
    const scores = series(done, 'objective/scores')
    expect(mean(scores.slice(-4))).toBeGreaterThan(mean(scores.slice(0, 4)) + 0.5)
    const kl = series(done, 'objective/kl')
    expect(Math.abs(kl[0]!)).toBeLessThan(1e-4)
    expect(mean(kl.slice(-4))).toBeGreaterThan(0.5)
    expect(mean(series(done, 'policy/entropy_avg').slice(-4))).toBeLessThan(series(done, 'policy/entropy_avg')[0]!)
  })

  it('ends an iteration’s epochs once the policy has moved too far', async () => {
    const ppo = { ...smallPpo.ppo, epochs: 4 }
    const epochs = async (epochDivergence?: number) => {
      const recipe = { ...smallPpo, ppo: { ...ppo, ...(epochDivergence !== undefined && { epochDivergence }) } }
      return series(await iterations(await trainingOf(recipe), 2), 'policy/epochs')
    }
    expect(await epochs()).toEqual([4, 4])
    expect((await epochs(1e-6))[1]).toBe(1)
  })

  it('mixes pretraining documents in, whose loss then falls', async () => {
    const recipe = { ...smallPpo, ppo: { ...smallPpo.ppo, pretraining: 1 } }
    const losses = series(await iterations(await trainingOf(recipe), 10), 'loss/pretraining_avg')
    expect(losses.at(-1)).toBeLessThan(losses[0]!)
  })
})

describe('adaptBeta', () => {
  it('moves towards its target, by a fifth of the way at most (Ziegler et al. 2019)', () => {
    const settings = { target: 6, horizon: 1000 }
    expect(adaptBeta(0.1, 6, 100, settings)).toBe(0.1)
    expect(adaptBeta(0.1, 6.6, 100, settings)).toBeCloseTo(0.1 * (1 + 0.1 * 0.1), 12)
    expect(adaptBeta(0.1, 60, 100, settings)).toBeCloseTo(0.1 * (1 + 0.2 * 0.1), 12)
    expect(adaptBeta(0.1, 0, 100, settings)).toBeCloseTo(0.1 * (1 - 0.2 * 0.1), 12)
  })
})
