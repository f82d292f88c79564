/**
 * One whole iteration of PPO through the engine against the same iteration in 64-bit floats: the models' forward
 * passes as plain loops (float64-graph.ts), rewards, advantages and losses from advantages.ts and ppo-losses.ts.
 */
import { beforeAll, describe, expect, it } from 'vitest'
import type { Plan } from '../../../electron/engine/plan.ts'
import type { Graph } from '../../../electron/graph/graph.ts'
import { policyGraph, rewardGraph, valueGraph } from '../../../electron/graph/heads.ts'
import type { Parameters } from '../../../electron/graph/parameters.ts'
import { seededRandom } from '../../../electron/sampling/random.ts'
import { generalisedAdvantages, logRatios, tokenRewards, whiten } from '../../../electron/training/advantages.ts'
import { shuffledOrder } from '../../../electron/sampling/choices.ts'
import { gatherExperience, learn, learningInputs, type Experience } from '../../../electron/training/ppo.ts'
import { policyLoss, tokenLogProbabilities, valueLoss } from '../../../electron/training/ppo-losses.ts'
import { packForReward } from '../../../electron/training/reward-scores.ts'
import { atResponses, packRollouts, rollOut, type PackedRollouts, type Rollout } from '../../../electron/training/rollouts.ts'
import { parameters64, value64, type Values64 } from '../../native/float64-graph.ts'
import { livelyParameters, normals, planOf, relativeDifference } from '../../native/small-models.ts'

const config = { layers: 1, heads: 2, channels: 8, context: 16, vocabulary: 11, bias: true, tied: true, dropout: 0 }
const temperature = 0.7
const settings = {
  beta: 0.05,
  gamma: 1,
  lambda: 0.95,
  clip: 0.2,
  valueClip: 0.2,
  valueCoefficient: 0.1,
  penalty: 1,
  epochs: 1,
  stopKl: Infinity
}
const graphs = {
  policy: policyGraph(config, { temperature, clip: settings.clip }),
  value: valueGraph(config, { clip: settings.valueClip }),
  reward: rewardGraph(config)
}
const weights = {
  policy: livelyParameters(graphs.policy, 1),
  reference: livelyParameters(graphs.policy, 2),
  value: livelyParameters(graphs.value, 3),
  reward: livelyParameters(graphs.reward, 4)
}
const [batch, length, rows] = [4, 14, 8]
const format = { endToken: 0, rewardToken: 10 }

/** A value of a model in 64 bits; what comes after it, and other inputs, are left out. */
function double(graph: Graph, name: string, parameters: Values64, tokens: Int32Array): Float64Array {
  const nodes = graph.nodes.slice(0, graph.nodes.findIndex(({ out }) => out === name) + 1)
  return value64({ ...graph, nodes }, name, parameters, { tokens }, { batch: tokens.length / length, length })
}

/** Logits of the generated tokens alone, (B, R, V), as ppo-losses.ts takes them. */
function responseLogits(parameters: Values64, packed: PackedRollouts): Float64Array {
  const logits = double(graphs.policy, 'logits', parameters, packed.tokens)
  const { shape, starts } = packed
  const out = new Float64Array(starts.length * shape.length * config.vocabulary)
  starts.forEach((start, row) => {
    const end = (start + shape.lengths[row]!) * config.vocabulary
    out.set(logits.subarray(start * config.vocabulary, end), row * shape.length * config.vocabulary)
  })
  return out
}

const responseTokens = (packed: PackedRollouts) => atResponses(packed.targets, packed)
const logProbabilities = (parameters: Parameters, packed: PackedRollouts) => {
  const all = tokenLogProbabilities(responseLogits(parameters64(parameters), packed), responseTokens(packed), temperature)
  // Behind an answer there is nothing.
  return all.map((value, i) => (i % packed.shape.length < packed.shape.lengths[Math.floor(i / packed.shape.length)]! ? value : 0))
}
const values = (parameters: Values64, packed: PackedRollouts) =>
  atResponses(double(graphs.value, 'values', parameters, packed.tokens), packed)

/** The experience in 64 bits. */
function experienceInDouble(rollouts: readonly Rollout[]) {
  const packed = packRollouts(rollouts, length)
  const old = logProbabilities(weights.policy, packed)
  const kl = logRatios(old, logProbabilities(weights.reference, packed))
  const judged = packForReward(rollouts, length, format)
  const all = double(graphs.reward, 'scores', parameters64(weights.reward), judged.tokens)
  const scores = Array.from(judged.at, (at, row) => all[row * length + at]!)
  const penalised = scores.map((score, row) => score - (rollouts[row]!.ended ? 0 : settings.penalty))
  const rewards = tokenRewards(kl, penalised, settings.beta, packed.shape)
  const expected = values(parameters64(weights.value), packed)
  const { advantages, returns } = generalisedAdvantages(rewards, expected, settings, packed.shape)
  return { packed, old, kl, scores, rewards, values: expected, returns, advantages: whiten(advantages, packed.shape) }
}

/** Weights after some updates, so that ratios leave 1 and values their old ones. */
const moved = (parameters: Parameters): Parameters =>
  new Map([...parameters].map(([name, old], i) => [name, normals(old.length, 50 + i, 0.1).map((x, at) => x + old[at]!)]))

/** Derivative of a loss by every element of every parameter, by central differences. */
function derivative(parameters: Parameters, loss: (parameters: Values64) => number): Map<string, Float64Array> {
  const at = parameters64(parameters)
  const step = 1e-5
  return new Map(
    [...at].map(([name, elements]) => [
      name,
      elements.slice().map((value, i) => {
        elements[i] = value + step
        const above = loss(at)
        elements[i] = value - step
        const below = loss(at)
        elements[i] = value
        return (above - below) / (2 * step)
      })
    ])
  )
}

describe('an iteration of PPO through the engine', () => {
  const plans = {} as Record<'policy' | 'reference' | 'value' | 'reward', Plan>
  let rollouts: Rollout[]
  let experience: Experience
  let wanted: ReturnType<typeof experienceInDouble>

  beforeAll(async () => {
    const options = { batch, length, threads: 2 }
    plans.policy = await planOf(graphs.policy, { ...options, streams: 8 }, weights.policy)
    plans.reference = await planOf(graphs.policy, options, weights.reference)
    plans.value = await planOf(graphs.value, options, weights.value)
    plans.reward = await planOf(graphs.reward, options, weights.reward)
    const prompts = Array.from({ length: rows }, (_, i) => Int32Array.from({ length: 2 + (i % 3) }, (_, t) => (i + t) % 9))
    const drawing = { streams: 8, maxTokens: 8, temperature, endToken: format.endToken }
    rollouts = await rollOut(plans.policy, prompts, drawing, seededRandom(12))
    experience = await gatherExperience(plans, rollouts, settings, { length, format })
    wanted = experienceInDouble(rollouts)
  })

  it('has answers that end and answers that do not', () => {
    expect(new Set(rollouts.map(({ ended }) => ended)).size).toBe(2)
  })

  it.each(['old', 'kl', 'scores', 'values', 'rewards', 'returns', 'advantages'] as const)(
    'has the %s of the definition',
    name => {
      expect(relativeDifference(experience[name], wanted[name])).toBeLessThan(1e-4)
    }
  )

  describe('with weights that have moved', () => {
    const policy = moved(weights.policy)
    const value = moved(weights.value)
    const half = (first: boolean) => Array.from({ length: batch }, (_, i) => i + (first ? 0 : batch))

    /** The minibatch of some rows in 64 bits. */
    const minibatch = (of: readonly number[]) => {
      const packed = packRollouts(
        of.map(row => rollouts[row]!),
        length
      )
      const pick = (from: ArrayLike<number>) =>
        Float64Array.from({ length: of.length * packed.shape.length }, (_, i) => {
          const row = of[Math.floor(i / packed.shape.length)]!
          return from[row * wanted.packed.shape.length + (i % packed.shape.length)] ?? 0
        })
      return {
        packed,
        old: pick(wanted.old),
        advantages: pick(wanted.advantages),
        values: pick(wanted.values),
        returns: pick(wanted.returns)
      }
    }
    const policyInDouble = (parameters: Values64, of = minibatch(half(true))) =>
      policyLoss(
        { ...of, logits: responseLogits(parameters, of.packed), tokens: responseTokens(of.packed) },
        { clip: settings.clip, temperature },
        of.packed.shape
      )
    const valueInDouble = (parameters: Values64, of = minibatch(half(true))) =>
      valueLoss(
        { values: values(parameters, of.packed), old: of.values, returns: of.returns },
        settings.valueClip,
        of.packed.shape
      )
    const firstOf = (inputs: Readonly<Record<string, Int32Array | Float32Array>>) =>
      Object.fromEntries(Object.entries(inputs).map(([name, all]) => [name, all.slice(0, batch * length)]))

    beforeAll(async () => {
      await plans.policy.writeParameters(policy)
      await plans.value.writeParameters(value)
    })

    it('has the policy loss and its gradient', async () => {
      const { loss, gradients } = await plans.policy.gradients(firstOf(learningInputs(experience).policy))
      const expected = policyInDouble(parameters64(policy))
      expect(expected.clipFraction).toBeGreaterThan(0.1)
      expect(loss).toBeCloseTo(expected.loss, 4)
      for (const [name, gradient] of derivative(policy, parameters => policyInDouble(parameters).loss))
        expect(relativeDifference(gradients.get(name)!, gradient)).toBeLessThan(1e-3)
    })

    it('has the value loss and its gradient', async () => {
      const { loss, gradients } = await plans.value.gradients(firstOf(learningInputs(experience).value))
      const expected = valueInDouble(parameters64(value))
      expect(expected.clipFraction).toBeGreaterThan(0)
      expect(loss).toBeCloseTo(expected.loss, 4)
      for (const [name, gradient] of derivative(value, parameters => valueInDouble(parameters).loss))
        expect(relativeDifference(gradients.get(name)!, gradient)).toBeLessThan(1e-3)
    })

    it('measures what the definitions say, each minibatch before its update', async () => {
      // Nothing moves at a rate of 0, so the order of the minibatches does not matter; which rows they have does.
      const order = shuffledOrder(rows, seededRandom(3))
      const metrics = await learn(plans, experience, settings, batch, { policy: 0, value: 0 }, seededRandom(3))
      const parts = [order.slice(0, batch), order.slice(batch)].map(of => ({
        policy: policyInDouble(parameters64(policy), minibatch(of)),
        value: valueInDouble(parameters64(value), minibatch(of))
      }))
      const mean = (pick: (part: (typeof parts)[number]) => number) => parts.reduce((sum, part) => sum + pick(part), 0) / 2
      expect(metrics['policy/approxkl_avg']).toBeCloseTo(
        mean(part => part.policy.approximateKl),
        4
      )
      expect(metrics['policy/clipfrac_avg']).toBeCloseTo(
        mean(part => part.policy.clipFraction),
        6
      )
      expect(metrics['val/clipfrac_avg']).toBeCloseTo(
        mean(part => part.value.clipFraction),
        6
      )
      expect(metrics['loss/policy_avg']).toBeCloseTo(
        mean(part => part.policy.loss),
        4
      )
      expect(metrics['loss/value_avg']).toBeCloseTo(
        mean(part => part.value.loss),
        4
      )
      expect(metrics['loss/total_avg']).toBeCloseTo(
        mean(part => part.policy.loss + 0.1 * part.value.loss),
        4
      )
    })
  })
})
