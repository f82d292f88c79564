/** Going on with a text that is longer than the context. */

/** Contexts up to here slide by one token, longer ones by half a window: then the cache is filled anew that much less often. */
const slidesByOne = 16

/** What the model sees of a text: all of it, or, where it no longer fits, its end. */
export function slidingWindow(text: readonly number[], context: number): readonly number[] {
  if (text.length <= context) return text
  return text.slice(context <= slidesByOne ? -context : -(context >> 1))
}
