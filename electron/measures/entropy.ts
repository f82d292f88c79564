/** Measures of one distribution and of a text's likelihood: pure functions. */

/**
 * Shannon entropy over the whole vocabulary.
 * @param probabilities that sum to 1; zeros count as nothing
 * @returns bits
 */
export function entropyBits(probabilities: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < probabilities.length; i++) {
    const p = probabilities[i]!
    if (p > 0) sum -= p * Math.log2(p)
  }
  // −0 for a certain outcome would print as "-0".
  return sum === 0 ? 0 : sum
}

/** Perplexity of a mean cross-entropy in nats: how many equally likely tokens would be as hard. */
export function perplexity(nats: number): number {
  return Math.exp(nats)
}

/**
 * Bits per byte of text: comparable between tokenizers.
 * @param nats mean cross-entropy per token
 */
export function bitsPerByte(nats: number, tokens: number, bytes: number): number {
  return (nats / Math.LN2) * (tokens / bytes)
}
