/** The sampling stages as the page shows them: a few rows, the rest summed. */
import type { SamplingSettings, StagesView } from '../contract/probe.ts'
import { entropyBits } from '../measures/entropy.ts'
import { distributions } from '../sampling/stages.ts'
import { mostProbable } from './logit-lens.ts'

/**
 * All stages over the same rows: the tokens most probable raw, and those most probable at the end.
 * @param logits (vocabulary) of the next token
 * @param history tokens of the text so far
 * @param rows how many of each
 */
export function stagesView(
  logits: ArrayLike<number>,
  history: readonly number[],
  settings: SamplingSettings,
  rows: number,
  textOf: (id: number) => string
): StagesView {
  const stages = distributions(logits, history, settings)
  const raw = stages[0]!.probabilities
  const final = stages.at(-1)!.probabilities
  const ids = [...new Set([...mostProbable(raw, rows), ...mostProbable(final, rows)])].sort((a, b) => raw[b]! - raw[a]! || a - b)
  return {
    rows: ids.map(id => ({ id, text: textOf(id) })),
    vocabulary: logits.length,
    stages: stages.map(({ stage, active, skipped, probabilities }) => {
      const shown = Float64Array.from(ids, id => probabilities[id]!)
      return {
        stage,
        active,
        skipped,
        candidates: probabilities.reduce((count, p) => count + (p > 0 ? 1 : 0), 0),
        entropy: entropyBits(probabilities),
        probabilities: shown,
        rest: restOf(probabilities, new Set(ids))
      }
    })
  }
}

/** Summed over the others rather than taken from one, so that the tiniest rest is exact. */
function restOf(probabilities: Float64Array, shown: ReadonlySet<number>): number {
  return probabilities.reduce((sum, p, id) => (shown.has(id) ? sum : sum + p), 0)
}
