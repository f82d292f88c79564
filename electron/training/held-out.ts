/** What a stage learns from and what it is measured on. */
import { seededRandom } from '../sampling/random.ts'

/** Stream of the recipe's seed that chooses what is held out. */
const heldOutStream = 2

export interface SplitItems<T> {
  readonly train: readonly T[]
  readonly heldOut: readonly T[]
}

/**
 * Holds out a share of the prompts, chosen by the seed: whatever belongs to one prompt is on one side.
 * @param share 0 to 1
 */
export function splitByPrompt<T extends { readonly prompt: string }>(
  items: readonly T[],
  share: number,
  seed: number
): SplitItems<T> {
  const random = seededRandom(seed, heldOutStream)
  const prompts = [...new Set(items.map(({ prompt }) => prompt))]
  const count = Math.round(prompts.length * share)
  // The first places of a Fisher-Yates shuffle.
  for (let i = 0; i < count; i++) {
    const other = i + random.integer(prompts.length - i)
    ;[prompts[i], prompts[other]] = [prompts[other]!, prompts[i]!]
  }
  const chosen = new Set(prompts.slice(0, count))
  return { train: items.filter(({ prompt }) => !chosen.has(prompt)), heldOut: items.filter(({ prompt }) => chosen.has(prompt)) }
}
