/** What a reward model says of whole answers. */
import type { Plan } from '../engine/plan.ts'
import type { Rollout } from './rollouts.ts'

/** Tokens that close an answer for the reward model. */
export interface RewardFormat {
  readonly endToken: number
  /** Read here: the score of everything before it. */
  readonly rewardToken: number
}

/** (B, T) tokens of prompt, answer, end and reward token, and the position of the last in each row. */
export function packForReward(
  rollouts: readonly Pick<Rollout, 'prompt' | 'response' | 'ended'>[],
  length: number,
  { endToken, rewardToken }: RewardFormat
): { readonly tokens: Int32Array; readonly at: Int32Array } {
  const tokens = new Int32Array(rollouts.length * length)
  const at = Int32Array.from(rollouts, ({ prompt, response, ended }, row) => {
    // An answer that was cut off is closed, so that the model reads what it has learnt to read.
    const sequence = [...prompt, ...response, ...(ended ? [] : [endToken]), rewardToken]
    tokens.set(sequence, row * length)
    return sequence.length - 1
  })
  return { tokens, at }
}

/**
 * Scores (B) of answers.
 * @param length T: holds prompt, answer and two more tokens; at most the plan's
 */
export async function scoreRollouts(
  reward: Pick<Plan, 'outputs'>,
  rollouts: readonly Pick<Rollout, 'prompt' | 'response' | 'ended'>[],
  length: number,
  format: RewardFormat
): Promise<Float64Array> {
  const { tokens, at } = packForReward(rollouts, length, format)
  const scores = await reward.outputs({ tokens }, 'scores', length)
  return Float64Array.from(at, (position, row) => scores[row * length + position]!)
}
