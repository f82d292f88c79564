/** How different several texts are from one another. A text is a list of tokens, words or characters. */

type Text = readonly (string | number)[]

/** The n-grams of a text, as keys, with how often each stands there. */
function ngrams(text: Text, n: number): Map<string, number> {
  const counts = new Map<string, number>()
  for (let i = 0; i + n <= text.length; i++) {
    const key = text.slice(i, i + n).join('\u0000')
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return counts
}

/**
 * distinct-n (Li et al. 2016): distinct n-grams / n-grams of all texts together. The share falls with the
 * amount of text, so compare models at equal token counts: `tokens` cuts the texts, in order, to that many.
 * @returns 0 to 1; NaN where there is no n-gram
 */
export function distinctN(texts: readonly Text[], n: number, tokens = Infinity): number {
  const seen = new Set<string>()
  let total = 0
  let left = tokens
  for (const text of texts) {
    const part = text.slice(0, left)
    left -= part.length
    for (const [key, count] of ngrams(part, n)) {
      seen.add(key)
      total += count
    }
  }
  return seen.size / total
}

/** Share of texts that are no copy of an earlier one. */
export function distinctShare(texts: readonly string[]): number {
  return new Set(texts).size / texts.length
}

/** Largest n-gram of BLEU, and the count that stands for none (Chen and Cherry 2014, smoothing 1). */
const longest = 4
const epsilon = 0.1

/** For every n-gram the largest count in any text, whose it is, and the largest in another: so that each text can be left out. */
interface Most {
  readonly owner: number
  readonly count: number
  readonly elsewhere: number
}

function mostOf(counts: readonly Map<string, number>[]): Map<string, Most> {
  const most = new Map<string, Most>()
  counts.forEach((text, owner) => {
    for (const [key, count] of text) {
      const before = most.get(key)
      if (!before) most.set(key, { owner, count, elsewhere: 0 })
      else if (count > before.count) most.set(key, { owner, count, elsewhere: before.count })
      else if (count > before.elsewhere) most.set(key, { ...before, elsewhere: count })
    }
  })
  return most
}

/** Of the other texts' lengths the one closest to `length`, of two the shorter (Papineni et al. 2002). */
function closestLength(lengths: readonly number[], self: number): number {
  const own = lengths[self]!
  let best = Infinity
  lengths.forEach((length, i) => {
    if (i === self) return
    const nearer = Math.abs(length - own) - Math.abs(best - own)
    if (nearer < 0 || (nearer === 0 && length < best)) best = length
  })
  return best
}

/**
 * self-BLEU (Zhu et al. 2018): the mean BLEU-4 of each text with all others as its references; higher = less
 * diverse. Uniform weights, clipped counts, brevity penalty, smoothing 1 of Chen and Cherry (as NLTK has them).
 * @param texts two or more; empty ones score 0
 * @returns 0 to 1
 */
export function selfBleu(texts: readonly Text[]): number {
  const lengths = texts.map(text => text.length)
  const orders = Array.from({ length: longest }, (_, i) => texts.map(text => ngrams(text, i + 1)))
  const mosts = orders.map(mostOf)
  const scores = texts.map((text, self) => {
    if (text.length === 0) return 0
    let logs = 0
    for (let n = 1; n <= longest; n++) {
      let matched = 0
      for (const [key, count] of orders[n - 1]![self]!) {
        const { owner, count: largest, elsewhere } = mosts[n - 1]!.get(key)!
        matched += Math.min(count, owner === self ? elsewhere : largest)
      }
      if (n === 1 && matched === 0) return 0
      logs += Math.log((matched || epsilon) / Math.max(1, text.length - n + 1)) / longest
    }
    const reference = closestLength(lengths, self)
    return Math.exp(logs) * (text.length > reference ? 1 : Math.exp(1 - reference / text.length))
  })
  return scores.reduce((sum, score) => sum + score, 0) / texts.length
}
