/**
 * PPO's two losses with their gradients, in 64-bit floats: the reference of what the engine computes
 * (Schulman et al. 2017, with TRL's conventions). Shapes as in advantages.ts.
 */
import { positions, type RolloutShape } from './advantages.ts'

/**
 * log softmax(logits / temperature)[token] of every position.
 * @param logits (B, T, V)
 * @param tokens (B, T)
 */
export function tokenLogProbabilities(logits: ArrayLike<number>, tokens: ArrayLike<number>, temperature: number): Float64Array {
  const vocabulary = logits.length / tokens.length
  return Float64Array.from({ length: tokens.length }, (_, at) => {
    const row = Float64Array.from({ length: vocabulary }, (_, v) => logits[at * vocabulary + v]! / temperature)
    return row[tokens[at]!]! - logSumExp(row)
  })
}

function logSumExp(row: Float64Array): number {
  const largest = row.reduce((most, value) => Math.max(most, value), -Infinity)
  return largest + Math.log(row.reduce((sum, value) => sum + Math.exp(value - largest), 0))
}

export interface PolicyLoss {
  readonly loss: number
  /** With respect to the logits, (B, T, V). */
  readonly gradient: Float64Array
  /** Share of tokens whose ratio was clipped: `policy/clipfrac_avg`. */
  readonly clipFraction: number
  /** ½·mean (log π_new − log π_old)²: `policy/approxkl_avg`. */
  readonly approximateKl: number
}

/**
 * Masked mean of max(−A·ρ, −A·clip(ρ, 1 − ε, 1 + ε)), ρ = π_new / π_old.
 * @param advantages whitened
 */
export function policyLoss(
  batch: {
    readonly logits: ArrayLike<number>
    readonly tokens: ArrayLike<number>
    readonly old: ArrayLike<number>
    readonly advantages: ArrayLike<number>
  },
  { clip, temperature }: { readonly clip: number; readonly temperature: number },
  shape: RolloutShape
): PolicyLoss {
  const { logits, tokens, old, advantages } = batch
  const vocabulary = logits.length / tokens.length
  const now = tokenLogProbabilities(logits, tokens, temperature)
  const places = [...positions(shape)]
  const gradient = new Float64Array(logits.length)
  const sums = { loss: 0, clipped: 0, squares: 0 }
  for (const at of places) {
    const difference = now[at]! - old[at]!
    const ratio = Math.exp(difference)
    const bounded = Math.min(1 + clip, Math.max(1 - clip, ratio))
    const [free, held] = [-advantages[at]! * ratio, -advantages[at]! * bounded]
    sums.loss += Math.max(free, held)
    sums.clipped += held > free ? 1 : 0
    sums.squares += difference ** 2
    // Where the clipped term is larger it does not move with the policy.
    if (held > free) continue
    const towards = free / places.length / temperature
    for (let v = 0; v < vocabulary; v++) {
      const p = Math.exp(
        logits[at * vocabulary + v]! / temperature - logits[at * vocabulary + tokens[at]!]! / temperature + now[at]!
      )
      gradient[at * vocabulary + v] = towards * ((v === tokens[at] ? 1 : 0) - p)
    }
  }
  return {
    loss: sums.loss / places.length,
    gradient,
    clipFraction: sums.clipped / places.length,
    approximateKl: sums.squares / places.length / 2
  }
}

export interface ValueLoss {
  readonly loss: number
  /** With respect to the values, (B, T). */
  readonly gradient: Float64Array
  /** `val/clipfrac_avg` */
  readonly clipFraction: number
}

/** ½·masked mean of max((V − R)², (clip(V, V_old ± ε) − R)²). */
export function valueLoss(
  batch: { readonly values: ArrayLike<number>; readonly old: ArrayLike<number>; readonly returns: ArrayLike<number> },
  clip: number,
  shape: RolloutShape
): ValueLoss {
  const { values, old, returns } = batch
  const places = [...positions(shape)]
  const gradient = new Float64Array(values.length)
  const sums = { loss: 0, clipped: 0 }
  for (const at of places) {
    const bounded = Math.min(old[at]! + clip, Math.max(old[at]! - clip, values[at]!))
    const [free, held] = [(values[at]! - returns[at]!) ** 2, (bounded - returns[at]!) ** 2]
    sums.loss += Math.max(free, held) / 2
    sums.clipped += held > free ? 1 : 0
    if (held <= free) gradient[at] = (values[at]! - returns[at]!) / places.length
  }
  return { loss: sums.loss / places.length, gradient, clipFraction: sums.clipped / places.length }
}
