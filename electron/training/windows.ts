/** Windows of a text as batches: T tokens to read and the T tokens that follow each. */
import type { PretrainRecipe } from '../contract/training.ts'
import type { Random } from '../sampling/random.ts'

/** Starts of `count` windows drawn uniformly (nanoGPT's `get_batch`). The text has more than T tokens. */
export function randomStarts(text: Int32Array, length: number, count: number, random: Random): number[] {
  return Array.from({ length: count }, () => random.integer(text.length - length))
}

/** Starts of all windows of a text, one token apart. */
export function everyStart(text: Int32Array, length: number): number[] {
  return Array.from({ length: Math.max(0, text.length - length) }, (_, i) => i)
}

/** Starts of `count` windows spread evenly from the first to the last possible one. */
export function evenStarts(text: Int32Array, length: number, count: number): number[] {
  const last = text.length - length - 1
  return Array.from({ length: count }, (_, i) => Math.round((i * last) / Math.max(1, count - 1)))
}

/** T tokens to read and the one that follows each, a row a window. */
export type Windows = { readonly tokens: Int32Array; readonly targets: Int32Array }

/**
 * Tokens and targets (B·T each) of windows.
 * @param loss `last` leaves only the last target of each window; the others are −1 and do not count
 */
export function windowsAt(
  text: Int32Array,
  starts: readonly number[],
  length: number,
  loss: PretrainRecipe['batch']['loss']
): Windows {
  const tokens = new Int32Array(starts.length * length)
  const targets = new Int32Array(starts.length * length).fill(-1)
  starts.forEach((start, row) => {
    tokens.set(text.subarray(start, start + length), row * length)
    if (loss === 'every') targets.set(text.subarray(start + 1, start + length + 1), row * length)
    else targets[(row + 1) * length - 1] = text[start + length]!
  })
  return { tokens, targets }
}
