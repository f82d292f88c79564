/**
 * GRPO from a reward model (Shao et al. 2024), as TRL does it: no value model. Several answers to one prompt are
 * measured against each other, and an answer's advantage is the same at all of its tokens. The divergence from
 * the reference is no part of the reward but a term of the loss: exp(d) − d − 1, d = log π_ref − log π, which is
 * never negative (the estimator k3 of Schulman, "Approximating KL divergence").
 */
import type { Plan } from '../engine/plan.ts'
import type { Random } from '../sampling/random.ts'
import { logRatios } from './advantages.ts'
import { drawMinibatches, meanOf, minibatchOf, policyMetrics, type PolicyMetrics } from './policy-metrics.ts'
import { groupAdvantages } from './preference-losses.ts'
import { scoreRollouts, type RewardFormat } from './reward-scores.ts'
import { atResponses, atTokens, packRollouts, type PackedRollouts, type Rollout } from './rollouts.ts'

export interface GrpoModels {
  /** `policyGraph` with `beta`; compiled for a minibatch. */
  readonly policy: Plan
  /** The same graph with the frozen weights that the policy started from. */
  readonly reference: Plan
  /** `rewardGraph` */
  readonly reward: Plan
}

export interface GrpoSettings {
  /** Answers to one prompt; they follow one another among the rollouts. */
  readonly group: number
  readonly clip: number
  /** Taken from the score of an answer that did not end. */
  readonly penalty: number
  readonly epochs: number
  /** Ends the epochs of an iteration once the mean `policy/approxkl_avg` of one is above it. */
  readonly stopKl: number
}

/** What an iteration learns from; (B, R) as advantages.ts has it. */
export interface GroupExperience {
  readonly rollouts: readonly Rollout[]
  readonly packed: PackedRollouts
  readonly old: Float64Array
  readonly reference: Float64Array
  readonly kl: Float64Array
  readonly advantages: Float64Array
  /** (B) of the reward model, before the penalty. */
  readonly scores: Float64Array
  /** Mean over the groups of the deviation of their rewards: 0 where all answers are worth the same. */
  readonly deviation: number
}

/**
 * Scores groups of rollouts and measures each against its group.
 * @param length T: prompt, answer and the two tokens that close it; at most the plans'
 */
export async function gatherGroups(
  { reference, reward }: GrpoModels,
  rollouts: readonly Rollout[],
  { group, penalty }: GrpoSettings,
  { length, format }: { readonly length: number; readonly format: RewardFormat }
): Promise<GroupExperience> {
  const packed = packRollouts(rollouts, length)
  const { shape, tokens, targets } = packed
  const old = new Float64Array(rollouts.length * shape.length)
  rollouts.forEach(({ logProbabilities }, row) => old.set(logProbabilities, row * shape.length))
  const before = atResponses(await reference.outputs({ tokens, targets }, 'logProbabilities', length), packed)
  const scores = await scoreRollouts(reward, rollouts, length, format)
  const rewards = scores.map((score, row) => score - (rollouts[row]!.ended ? 0 : penalty))
  const advantages = new Float64Array(old.length)
  let deviations = 0
  for (let from = 0; from < rewards.length; from += group) {
    const of = rewards.subarray(from, from + group)
    groupAdvantages(of).forEach((advantage, i) => {
      const start = (from + i) * shape.length
      advantages.fill(advantage, start, start + shape.lengths[from + i]!)
    })
    const mean = of.reduce((sum, value) => sum + value, 0) / group
    deviations += Math.sqrt(of.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (group - 1))
  }
  return {
    rollouts,
    packed,
    old,
    reference: before,
    kl: logRatios(old, before),
    advantages,
    scores,
    deviation: deviations / (rewards.length / group)
  }
}

/**
 * A few epochs over the groups, in minibatches drawn anew each time.
 * @param batch sequences in a minibatch, as the policy was compiled
 */
export async function learnFromGroups(
  { policy }: Pick<GrpoModels, 'policy'>,
  { rollouts, packed, old, reference, advantages }: GroupExperience,
  { clip, epochs, stopKl }: GrpoSettings,
  batch: number,
  rate: number,
  random: Random
): Promise<Record<string, number>> {
  const { tokens, targets } = packed
  const inputs = {
    tokens,
    targets,
    old: atTokens(old, packed),
    advantages: atTokens(advantages, packed),
    reference: atTokens(reference, packed)
  }
  const seen: (PolicyMetrics & { readonly loss: number; readonly gradientNorm: number })[] = []
  let epoch = 0
  for (let stopped = false; epoch < epochs && !stopped; epoch++) {
    const measured: typeof seen = []
    for (const rows of drawMinibatches(rollouts.length, batch, random)) {
      const { inputs: part, length } = minibatchOf(inputs, packed, rows, rollouts)
      const step = await policy.train(part, Float64Array.of(rate), { watch: 'logProbabilities', length })
      measured.push({ ...policyMetrics(part, step, clip), loss: step.losses[0]!, gradientNorm: step.gradientNorms[0]! })
    }
    seen.push(...measured)
    stopped = meanOf(measured, 'approximateKl') > stopKl
  }
  return {
    'loss/policy_avg': meanOf(seen, 'loss'),
    'policy/approxkl_avg': meanOf(seen, 'approximateKl'),
    'policy/clipfrac_avg': meanOf(seen, 'clipFraction'),
    'val/ratio': meanOf(seen, 'ratio'),
    'policy/epochs': epoch,
    'policy/grad_norm': meanOf(seen, 'gradientNorm')
  }
}
