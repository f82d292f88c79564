/** Comparisons as batches: every completion a sequence that ends in `<|reward|>`, in groups of one prompt. */
import { LabFailure } from '../contract/failure.ts'
import { chatIds, encodeForReward } from '../corpora/chat.ts'
import type { Comparison } from '../corpora/preferences.ts'
import type { Tokenizer } from '../tokenizers/tokenizer.ts'

/** A comparison in tokens. */
export interface JudgedComparison {
  readonly sequences: readonly Int32Array[]
  readonly ranks: readonly number[]
}

/** @throws LabFailure `context-too-long` for a completion that does not fit into the context */
export function judgedComparisons(
  comparisons: readonly Comparison[],
  tokenizer: Tokenizer,
  context: number
): readonly JudgedComparison[] {
  return comparisons.map(({ prompt, completions, ranks }) => ({
    ranks,
    sequences: completions.map(completion => {
      const { tokens } = encodeForReward(tokenizer, prompt, completion)
      if (tokens.length > context)
        throw new LabFailure(
          'context-too-long',
          `Expected prompts and completions of at most ${context} tokens together but “${prompt.slice(0, 60)}” has one of ${tokens.length}.`,
          { context, length: tokens.length }
        )
      return tokens
    })
  }))
}

/** Whether anything was preferred to anything. */
export const isDecided = ({ ranks }: { readonly ranks: readonly number[] }): boolean => ranks.some(rank => rank !== ranks[0])

/** Pairs of places of which the first was preferred. */
export function decidedPairs(ranks: readonly number[]): readonly (readonly [better: number, worse: number])[] {
  return ranks.flatMap((rank, better) => ranks.flatMap((other, worse) => (rank < other ? [[better, worse] as const] : [])))
}

/** Longest sequence. */
export function longest(comparisons: readonly JudgedComparison[]): number {
  return comparisons.reduce((most, { sequences }) => Math.max(most, ...sequences.map(({ length }) => length)), 1)
}

/** Inputs of a reward graph. */
export type JudgedRows = {
  readonly tokens: Int32Array
  /** Position of `<|reward|>` in each row. */
  readonly at: Int32Array
  /** The comparison that a row belongs to, counted through; −1 for a row without one. */
  readonly group: Int32Array
  readonly rank: Int32Array
}

/**
 * Rows of `length` tokens, `width` of them for each comparison; a comparison of fewer completions leaves rows
 * that do not count.
 */
export function judgedRows(
  comparisons: readonly JudgedComparison[],
  { width, length, tokenizer }: { readonly width: number; readonly length: number; readonly tokenizer: Tokenizer }
): JudgedRows {
  const rows = comparisons.length * width
  const tokens = new Int32Array(rows * length).fill(chatIds(tokenizer).endOfText)
  const at = new Int32Array(rows)
  const group = new Int32Array(rows).fill(-1)
  const rank = new Int32Array(rows)
  comparisons.forEach(({ sequences, ranks }, c) =>
    sequences.forEach((sequence, i) => {
      const row = c * width + i
      tokens.set(sequence, row * length)
      at[row] = sequence.length - 1
      group[row] = c
      rank[row] = ranks[i]!
    })
  )
  return { tokens, at, group, rank }
}
