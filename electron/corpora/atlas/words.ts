/** Texts as words and marks, and names found among them. */

/** Words, numbers, single Chinese characters and single marks, in order. */
export function wordsOf(text: string): string[] {
  return text.match(/\p{Script=Han}|(?:(?!\p{Script=Han})[\p{L}\p{M}'’ʻ-])+|\d+|[^\s]/gu) ?? []
}

/** Without case and accents, so that `Brasilia` is `Brasília`. */
export function folded(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').replaceAll(/[’ʻ]/g, "'").toLowerCase()
}

export interface Found<T> {
  /** Index of the first word, and one past the last. */
  readonly from: number
  readonly to: number
  readonly value: T
}

/** Finds phrases among words; the longest wins where several begin at one place. */
export class Phrases<T> {
  readonly #values = new Map<string, T>()
  readonly #beginnings = new Set<string>()

  /** The first value of a phrase stays. */
  add(words: readonly string[], value: T): void {
    const key = words.join(' ')
    if (!key || this.#values.has(key)) return
    this.#values.set(key, value)
    for (let end = 1; end <= words.length; end++) this.#beginnings.add(words.slice(0, end).join(' '))
  }

  /** Phrases from left to right; none overlap. */
  find(words: readonly string[]): Found<T>[] {
    const found: Found<T>[] = []
    for (let from = 0; from < words.length;) {
      let best: Found<T> | undefined
      let key = ''
      for (let to = from + 1; to <= words.length; to++) {
        key = key ? `${key} ${words[to - 1]!}` : words[to - 1]!
        if (!this.#beginnings.has(key)) break
        const value = this.#values.get(key)
        if (value !== undefined) best = { from, to, value }
      }
      if (best) found.push(best)
      from = best?.to ?? from + 1
    }
    return found
  }
}
