/** Learns byte-pair merges from text: always the most frequent pair next (Sennrich et al. 2016). */
import { idOfByte, mergePair, type Merge } from './bpe.ts'
import { wordPattern } from './byte-alphabet.ts'
import { breather } from './vocabulary.ts'

const encoder = new TextEncoder()
const pairKey = (left: number, right: number): number => left * 2 ** 21 + right

/** A merge as it was learnt. */
export interface LearntMerge {
  readonly merge: Merge
  /** How often the pair stood in the text at that moment. */
  readonly count: number
}

/**
 * Learns merges. Of equally frequent pairs the one with the lower ids is taken, so the result depends on the
 * text alone. Pair counts are kept up to date word by word, so a merge costs what it changes.
 * @param count merges at most; fewer when no pair stands twice
 */
export async function learnMerges(text: string, count: number): Promise<LearntMerge[]> {
  const breathe = breather()
  const frequencies = new Map<string, number>()
  let seen = 0
  for (const [word] of text.matchAll(wordPattern)) {
    frequencies.set(word, (frequencies.get(word) ?? 0) + 1)
    if (++seen % 4096 === 0) await breathe()
  }
  const words = [...frequencies].map(([word, frequency]) => ({
    ids: Array.from(encoder.encode(word), byte => idOfByte[byte]!),
    frequency
  }))

  const counts = new Map<number, number>()
  /** Words that held a pair at some time. */
  const places = new Map<number, Set<number>>()
  const change = (ids: readonly number[], by: number, word: number): void => {
    for (let i = 0; i + 1 < ids.length; i++) {
      const key = pairKey(ids[i]!, ids[i + 1]!)
      const now = (counts.get(key) ?? 0) + by
      if (now === 0) counts.delete(key)
      else counts.set(key, now)
      if (by > 0) {
        const at = places.get(key)
        if (at) at.add(word)
        else places.set(key, new Set([word]))
      }
    }
  }
  for (const [i, { ids, frequency }] of words.entries()) {
    change(ids, frequency, i)
    if (i % 1024 === 0) await breathe()
  }

  const learnt: LearntMerge[] = []
  while (learnt.length < count) {
    let bestKey = -1
    let bestCount = 1
    for (const [key, pairCount] of counts)
      if (pairCount > bestCount || (pairCount === bestCount && bestKey >= 0 && key < bestKey)) {
        bestKey = key
        bestCount = pairCount
      }
    if (bestKey < 0) break
    const left = Math.floor(bestKey / 2 ** 21)
    const right = bestKey % 2 ** 21
    const merged = 256 + learnt.length
    learnt.push({ merge: [left, right], count: bestCount })
    for (const at of places.get(bestKey)!) {
      const word = words[at]!
      const ids = mergePair(word.ids, left, right, merged)
      if (ids.length === word.ids.length) continue
      change(word.ids, -word.frequency, at)
      change(ids, word.frequency, at)
      word.ids = ids
    }
    places.delete(bestKey)
    await breathe()
  }
  return learnt
}
