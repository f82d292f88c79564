/**
 * From rollouts to advantages, as TRL's PPO trainer computes them: a reward for every token, generalised
 * advantage estimation, whitening. All sequences are (B, T) row-major 64-bit floats; `lengths` holds the
 * number of generated tokens of each row, and what lies behind them is padding that counts for nothing.
 */

/** Sizes of a batch of rollouts. */
export interface RolloutShape {
  /** Longest response. */
  readonly length: number
  readonly lengths: readonly number[]
}

/** Positions of the batch that hold a generated token. */
export function* positions({ length, lengths }: RolloutShape): Generator<number> {
  for (const [row, count] of lengths.entries()) for (let t = 0; t < count; t++) yield row * length + t
}

/** log π_old − log π_ref at every token that was drawn: its sum estimates the divergence from the reference. */
export function logRatios(of: ArrayLike<number>, to: ArrayLike<number>): Float64Array {
  return Float64Array.from({ length: of.length }, (_, i) => of[i]! - to[i]!)
}

/**
 * Reward of every token: −β·(log π_old − log π_ref), and the score of the whole response at its last token
 * (Ziegler et al. 2019; Ouyang et al. 2022).
 * @param kl from `logRatios`
 * @param scores (B) of the reward model, penalties included
 */
export function tokenRewards(kl: ArrayLike<number>, scores: ArrayLike<number>, beta: number, shape: RolloutShape): Float64Array {
  const rewards = new Float64Array(kl.length)
  for (const at of positions(shape)) rewards[at] = -beta * kl[at]!
  shape.lengths.forEach((count, row) => {
    if (count > 0) rewards[row * shape.length + count - 1]! += scores[row]!
  })
  return rewards
}

export interface Advantages {
  readonly advantages: Float64Array
  /** Advantages + values, before whitening: what the value model is to foretell. */
  readonly returns: Float64Array
}

/**
 * Generalised advantage estimation (Schulman et al. 2016), backwards over each response; the value after its
 * last token is 0.
 */
export function generalisedAdvantages(
  rewards: ArrayLike<number>,
  values: ArrayLike<number>,
  { gamma, lambda }: { readonly gamma: number; readonly lambda: number },
  { length, lengths }: RolloutShape
): Advantages {
  const advantages = new Float64Array(rewards.length)
  const returns = new Float64Array(rewards.length)
  lengths.forEach((count, row) => {
    let later = 0
    for (let t = count - 1; t >= 0; t--) {
      const at = row * length + t
      const next = t + 1 < count ? values[at + 1]! : 0
      later = rewards[at]! + gamma * next - values[at]! + gamma * lambda * later
      advantages[at] = later
      returns[at] = later + values[at]!
    }
  })
  return { advantages, returns }
}

/** Mean 0 and variance 1 over the generated tokens: unbiased variance, 1e-8 added to it (TRL's `masked_whiten`). */
export function whiten(values: Float64Array, shape: RolloutShape): Float64Array {
  const places = [...positions(shape)]
  const mean = places.reduce((sum, at) => sum + values[at]!, 0) / places.length
  const variance = places.reduce((sum, at) => sum + (values[at]! - mean) ** 2, 0) / (places.length - 1)
  const whitened = new Float64Array(values.length)
  for (const at of places) whitened[at] = (values[at]! - mean) / Math.sqrt(variance + 1e-8)
  return whitened
}
