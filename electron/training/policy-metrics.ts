/** What PPO and GRPO share: minibatches, and what is measured on them, under TRL's names. */
import type { Batch, StepsResult } from '../engine/plan.ts'
import { shuffledOrder } from '../sampling/choices.ts'
import type { Random } from '../sampling/random.ts'
import { positions } from './advantages.ts'
import { neededLength, takeRows, type PackedRollouts, type Rollout } from './rollouts.ts'

/** Some rows of experience as the engine learns from them: cut to what the longest of them needs. */
export interface Minibatch {
  readonly inputs: Batch
  /** T. */
  readonly length: number
}

/** The rows of every input, in the order asked for. */
export function minibatchOf(
  inputs: Batch,
  packed: PackedRollouts,
  rows: readonly number[],
  rollouts: readonly Rollout[]
): Minibatch {
  const length = neededLength(
    rows.map(row => rollouts[row]!),
    0,
    packed.length
  )
  return {
    length,
    inputs: Object.fromEntries(
      Object.entries(inputs).map(([name, values]) => [name, takeRows(values, packed.length, rows, length)])
    )
  }
}

/** Rows in an order drawn anew, in whole minibatches. */
export function* drawMinibatches(count: number, batch: number, random: Random): Generator<readonly number[]> {
  const order = shuffledOrder(count, random)
  for (let from = 0; from < count; from += batch) yield order.slice(from, from + batch)
}

export const meanOf = <K extends string>(rows: readonly Readonly<Record<K, number>>[], key: K): number =>
  rows.reduce((sum, row) => sum + row[key], 0) / rows.length

export interface PolicyMetrics {
  /** ½·mean (log π − log π_old)² */
  readonly approximateKl: number
  /** Share of tokens at which the clipped term is the larger one. */
  readonly clipFraction: number
  /** Mean of π / π_old. */
  readonly ratio: number
}

/** What a minibatch's forward pass, before the update, says of the ratio π / π_old. */
export function policyMetrics(batch: Batch, { watched }: StepsResult, clip: number): PolicyMetrics {
  const [targets, old, advantages] = [batch['targets']!, batch['old']!, batch['advantages']!]
  const sums = { count: 0, squares: 0, clipped: 0, ratio: 0 }
  for (let i = 0; i < targets.length; i++) {
    if (targets[i]! < 0) continue
    const difference = watched![i]! - old[i]!
    const ratio = Math.exp(difference)
    const bounded = Math.min(1 + clip, Math.max(1 - clip, ratio))
    sums.count++
    sums.squares += difference ** 2
    sums.clipped += -advantages[i]! * bounded > -advantages[i]! * ratio ? 1 : 0
    sums.ratio += ratio
  }
  const { count, squares, clipped, ratio } = sums
  return { approximateKl: squares / count / 2, clipFraction: clipped / count, ratio: ratio / count }
}

/**
 * What an iteration's rollouts say: sums over each answer, averaged over the answers.
 * @param of (B, R) log-probabilities and divergences, (B) scores of the reward model
 */
export function rolloutMetrics(
  { packed, kl, old, scores }: RolloutFigures,
  rollouts: readonly Rollout[],
  { beta, penalty }: { readonly beta: number; readonly penalty: number }
): Record<string, number> {
  const answers = rollouts.length
  const perAnswer = (values: Float64Array) => {
    let sum = 0
    for (const at of positions(packed.shape)) sum += values[at]!
    return sum / answers
  }
  const ended = rollouts.filter(rollout => rollout.ended).length
  const score = (scores.reduce((sum, value) => sum + value, 0) - penalty * (answers - ended)) / answers
  const divergence = perAnswer(kl)
  return {
    'objective/kl': divergence,
    'objective/entropy': -perAnswer(old),
    'objective/non_score_reward': -beta * divergence,
    'objective/rlhf_reward': score - beta * divergence,
    'objective/scores': score,
    'objective/beta': beta,
    'val/num_eos_tokens': ended,
    'val/response_length': packed.shape.lengths.reduce((sum, count) => sum + count, 0) / answers
  }
}

export interface RolloutFigures {
  readonly packed: PackedRollouts
  readonly kl: Float64Array
  readonly old: Float64Array
  readonly scores: Float64Array
}

/**
 * Mean entropy of the policy's distributions at the tokens that were drawn, nats: over the whole vocabulary, from
 * logits / temperature (`policy/entropy_avg`).
 * @param logits (B·T, V)
 */
export function meanEntropy(logits: Float32Array, targets: Int32Array, temperature: number): number {
  const vocabulary = logits.length / targets.length
  let sum = 0
  let count = 0
  for (let row = 0; row < targets.length; row++) {
    if (targets[row]! < 0) continue
    const values = logits.subarray(row * vocabulary, (row + 1) * vocabulary)
    const largest = values.reduce((most, value) => Math.max(most, value), -Infinity)
    let total = 0
    let weighted = 0
    for (const value of values) {
      const scaled = (value - largest) / temperature
      const weight = Math.exp(scaled)
      total += weight
      weighted += weight * scaled
    }
    sum += Math.log(total) - weighted / total
    count++
  }
  return sum / count
}
