/** What a stage learns from and what it is measured on. */
import { sample } from '../sampling/choices.ts'
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
  const prompts = [...new Set(items.map(({ prompt }) => prompt))]
  const chosen = new Set(sample(prompts, Math.round(prompts.length * share), seededRandom(seed, heldOutStream)))
  return { train: items.filter(({ prompt }) => !chosen.has(prompt)), heldOut: items.filter(({ prompt }) => chosen.has(prompt)) }
}
