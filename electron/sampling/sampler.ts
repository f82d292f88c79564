/** Draws tokens: the stages, then the largest or a seeded draw. */
import type { SamplingSettings } from '../contract/probe.ts'
import { drawIndex, type Random } from './random.ts'
import { argmax, finalDistribution } from './stages.ts'

/** A token and the probability it had in the distribution it was taken from. */
export interface Draw {
  readonly id: number
  readonly probability: number
}

/**
 * Takes one token.
 * @param logits (vocabulary)
 * @param history tokens of prompt and output so far
 * @param random one uniform is used, also when greedy, so that a switch of mode does not shift later draws
 */
export function drawToken(
  logits: ArrayLike<number>,
  history: readonly number[],
  settings: SamplingSettings,
  random: Random
): Draw {
  const probabilities = finalDistribution(logits, history, settings)
  const uniform = random.uniform()
  const id = settings.greedy ? argmax(probabilities) : drawIndex(probabilities, uniform)
  return { id, probability: probabilities[id]! }
}
