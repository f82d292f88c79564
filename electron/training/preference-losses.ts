/** Losses over pairs of which one was preferred, with their gradients, in 64-bit floats. */

const logSigmoid = (x: number): number => (x < 0 ? x - Math.log1p(Math.exp(x)) : -Math.log1p(Math.exp(-x)))
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))

export interface PairLoss {
  readonly loss: number
  /** Share of pairs in which the chosen one is ahead. */
  readonly accuracy: number
  /** Mean lead of the chosen one. */
  readonly margin: number
  /** With respect to the chosen and the rejected quantity of each pair. */
  readonly gradients: { readonly chosen: Float64Array; readonly rejected: Float64Array }
}

/** −mean log σ(lead); the gradients are for a quantity that enters the lead with weight `scale`. */
function pairLoss(leads: readonly number[], scale: number): PairLoss {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / leads.length
  const chosen = Float64Array.from(leads, lead => (-sigmoid(-lead) * scale) / leads.length)
  return {
    loss: -mean(leads.map(logSigmoid)),
    accuracy: mean(leads.map(lead => (lead > 0 ? 1 : 0))),
    margin: mean(leads),
    gradients: { chosen, rejected: chosen.map(value => -value) }
  }
}

/** Reward model: −log σ(r_chosen − r_rejected), mean over the pairs (Bradley and Terry; Ouyang et al. 2022). */
export function rewardModelLoss(chosen: ArrayLike<number>, rejected: ArrayLike<number>): PairLoss {
  return pairLoss(
    Array.from(chosen, (reward, i) => reward - rejected[i]!),
    1
  )
}

/** Summed log-probabilities of completions. */
export interface CompletionPairs {
  readonly chosen: ArrayLike<number>
  readonly rejected: ArrayLike<number>
}

/**
 * DPO: −log σ(β·[(log π − log π_ref)(chosen) − (log π − log π_ref)(rejected)]) (Rafailov et al. 2023); the
 * gradients are with respect to the policy's log-probabilities, the margin is that of the implicit rewards.
 */
export function dpoLoss(policy: CompletionPairs, reference: CompletionPairs, beta: number): PairLoss {
  const leads = Array.from(
    policy.chosen,
    (chosen, i) => beta * (chosen - reference.chosen[i]! - (policy.rejected[i]! - reference.rejected[i]!))
  )
  return pairLoss(leads, beta)
}

/**
 * GRPO: advantages of the rewards of one prompt's samples, (r − mean) / (deviation + 1e-4) (Shao et al. 2024,
 * as TRL has it: unbiased deviation).
 */
export function groupAdvantages(rewards: ArrayLike<number>): Float64Array {
  const values = Float64Array.from(rewards)
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1)
  return values.map(value => (value - mean) / (Math.sqrt(variance) + 1e-4))
}
