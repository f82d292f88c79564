/**
 * PPO from a reward model, as TRL does it (Schulman et al. 2017; Ziegler et al. 2019; Ouyang et al. 2022).
 *
 * One iteration: the policy answers a batch of prompts; the frozen reference says how far each token has gone
 * from where the policy started, the reward model what the whole answer is worth, the value model what it
 * expected at every token; from these come advantages and returns; then policy and value model take a few
 * epochs of clipped steps on this experience.
 *
 * Two models with an optimiser each stand where TRL has one optimiser over policy + 0.1·value. AdamW does not
 * change with the scale of a loss, so the 0.1 weighs in the reported total only.
 */
import type { Batch, Plan, StepsResult } from '../engine/plan.ts'
import type { Random } from '../sampling/random.ts'
import { generalisedAdvantages, logRatios, tokenRewards, whiten } from './advantages.ts'
import { drawMinibatches, meanOf, minibatchOf, policyMetrics } from './policy-metrics.ts'
import { scoreRollouts, type RewardFormat } from './reward-scores.ts'
import { atResponses, atTokens, packRollouts, type PackedRollouts, type Rollout } from './rollouts.ts'

/** The four models. Policy and value are compiled for a minibatch of the same shape. */
export interface PpoModels {
  /** `policyGraph` */
  readonly policy: Plan
  /** `valueGraph`, started from the reward model. */
  readonly value: Plan
  /** `policyGraph` with the frozen weights that the policy started from. */
  readonly reference: Plan
  /** `rewardGraph` */
  readonly reward: Plan
}

export interface PpoSettings {
  /** Weight of the divergence from the reference in the reward. */
  readonly beta: number
  readonly gamma: number
  readonly lambda: number
  /** Bound of the ratio π / π_old, and of the values' change. */
  readonly clip: number
  readonly valueClip: number
  /** Weight of the value loss in the reported total. */
  readonly valueCoefficient: number
  /** Taken from the score of an answer that did not end. */
  readonly penalty: number
  readonly epochs: number
  /** Ends the epochs of an iteration once the mean `policy/approxkl_avg` of one is above it. */
  readonly stopKl: number
}

/** What an iteration learns from. (B, R) as advantages.ts has it. */
export interface Experience {
  readonly rollouts: readonly Rollout[]
  readonly packed: PackedRollouts
  readonly old: Float64Array
  readonly kl: Float64Array
  readonly values: Float64Array
  readonly rewards: Float64Array
  /** Whitened. */
  readonly advantages: Float64Array
  readonly returns: Float64Array
  /** (B) of the reward model, before the penalty. */
  readonly scores: Float64Array
}

/**
 * Scores the rollouts with the other three models and computes what to learn from them.
 * @param length T: prompt, answer and the two tokens that close it; at most the plans'
 */
export async function gatherExperience(
  { value, reference, reward }: PpoModels,
  rollouts: readonly Rollout[],
  settings: PpoSettings,
  { length, format }: { readonly length: number; readonly format: RewardFormat }
): Promise<Experience> {
  const packed = packRollouts(rollouts, length)
  const { shape, tokens, targets } = packed
  const old = new Float64Array(rollouts.length * shape.length)
  rollouts.forEach(({ logProbabilities }, row) => old.set(logProbabilities, row * shape.length))
  const before = atResponses(await reference.outputs({ tokens, targets }, 'logProbabilities', length), packed)
  const values = atResponses(await value.outputs({ tokens }, 'values', length), packed)
  const scores = await scoreRollouts(reward, rollouts, length, format)
  const penalised = scores.map((score, row) => score - (rollouts[row]!.ended ? 0 : settings.penalty))

  const kl = logRatios(old, before)
  const rewards = tokenRewards(kl, penalised, settings.beta, shape)
  const { advantages, returns } = generalisedAdvantages(rewards, values, settings, shape)
  return { rollouts, packed, old, kl, values, rewards, advantages: whiten(advantages, shape), returns, scores }
}

/** The two models' inputs, (B, T). */
export function learningInputs({ packed, old, advantages, values, returns }: Experience): { policy: Batch; value: Batch } {
  const { tokens, targets } = packed
  const place = (responses: Float64Array) => atTokens(responses, packed)
  return {
    policy: { tokens, targets, old: place(old), advantages: place(advantages) },
    value: { tokens, targets, old: place(values), returns: place(returns) }
  }
}

/** Means over the minibatches of all epochs, each measured before its update. */
export type UpdateMetrics = Record<
  | 'loss/policy_avg'
  | 'loss/value_avg'
  | 'loss/total_avg'
  | 'policy/approxkl_avg'
  | 'policy/clipfrac_avg'
  | 'val/clipfrac_avg'
  | 'val/ratio'
  | 'val/ratio_var'
  | 'policy/epochs'
  | 'policy/grad_norm',
  number
>

/**
 * A few epochs over the experience, in minibatches drawn anew each time.
 * @param batch sequences in a minibatch, as the plans were compiled
 * @param rates learning rates of policy and value model
 */
export async function learn(
  { policy, value }: Pick<PpoModels, 'policy' | 'value'>,
  experience: Experience,
  settings: PpoSettings,
  batch: number,
  rates: { readonly policy: number; readonly value: number },
  random: Random
): Promise<UpdateMetrics> {
  const { packed, rollouts } = experience
  const inputs = learningInputs(experience)
  const seen: MinibatchMetrics[] = []
  let epoch = 0
  for (let stopped = false; epoch < settings.epochs && !stopped; epoch++) {
    const measured: MinibatchMetrics[] = []
    for (const rows of drawMinibatches(rollouts.length, batch, random)) {
      const of = {
        policy: minibatchOf(inputs.policy, packed, rows, rollouts),
        value: minibatchOf(inputs.value, packed, rows, rollouts)
      }
      const { length } = of.policy
      const policyStep = await policy.train(of.policy.inputs, Float64Array.of(rates.policy), {
        watch: 'logProbabilities',
        length
      })
      const valueStep = await value.train(of.value.inputs, Float64Array.of(rates.value), { watch: 'values', length })
      measured.push({
        ...policyMetrics(of.policy.inputs, policyStep, settings.clip),
        ...valueMetrics(of.value.inputs, valueStep, settings.valueClip),
        policyLoss: policyStep.losses[0]!,
        valueLoss: valueStep.losses[0]!,
        gradientNorm: policyStep.gradientNorms[0]!
      })
    }
    seen.push(...measured)
    stopped = meanOf(measured, 'approximateKl') > settings.stopKl
  }
  const ratio = meanOf(seen, 'ratio')
  return {
    'loss/policy_avg': meanOf(seen, 'policyLoss'),
    'loss/value_avg': meanOf(seen, 'valueLoss'),
    'loss/total_avg': meanOf(seen, 'policyLoss') + settings.valueCoefficient * meanOf(seen, 'valueLoss'),
    'policy/approxkl_avg': meanOf(seen, 'approximateKl'),
    'policy/clipfrac_avg': meanOf(seen, 'clipFraction'),
    'val/clipfrac_avg': meanOf(seen, 'valueClipFraction'),
    'val/ratio': ratio,
    'val/ratio_var': seen.reduce((sum, each) => sum + (each.ratio - ratio) ** 2, 0) / Math.max(1, seen.length - 1),
    'policy/epochs': epoch,
    'policy/grad_norm': meanOf(seen, 'gradientNorm')
  }
}

interface MinibatchMetrics {
  readonly policyLoss: number
  readonly valueLoss: number
  /** ½·mean (log π − log π_old)² */
  readonly approximateKl: number
  /** Shares of tokens at which the clipped term is the larger one. */
  readonly clipFraction: number
  readonly valueClipFraction: number
  readonly ratio: number
  readonly gradientNorm: number
}

function valueMetrics(batch: Batch, { watched }: StepsResult, clip: number) {
  const [targets, old, returns] = [batch['targets']!, batch['old']!, batch['returns']!]
  let count = 0
  let clipped = 0
  for (let i = 0; i < targets.length; i++) {
    if (targets[i]! < 0) continue
    const bounded = Math.min(old[i]! + clip, Math.max(old[i]! - clip, watched![i]!))
    count++
    clipped += (bounded - returns[i]!) ** 2 > (watched![i]! - returns[i]!) ** 2 ? 1 : 0
  }
  return { valueClipFraction: clipped / count }
}

/** Adaptive weight of the divergence (Ziegler et al. 2019, as TRL has it). */
export interface AdaptiveKl {
  /** `objective/kl` to hold, nats an answer. */
  readonly target: number
  /** Answers after which the weight has moved fully. */
  readonly horizon: number
}

/** The next iteration's weight: up where the divergence was above its target, down where below, a fifth at most. */
export function adaptBeta(beta: number, kl: number, answers: number, { target, horizon }: AdaptiveKl): number {
  const error = Math.min(0.2, Math.max(-0.2, kl / target - 1))
  return beta * (1 + (error * answers) / horizon)
}
