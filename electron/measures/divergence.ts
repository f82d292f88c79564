/** How far one distribution is from another. */

/**
 * Kullback-Leibler divergence Σ p·log₂(p/q) of whole distributions.
 * @param p the distribution that is drawn from
 * @param q the reference
 * @returns bits; infinite where p gives a chance to what q rules out
 */
export function klBits(p: ArrayLike<number>, q: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < p.length; i++) if (p[i]! > 0) sum += p[i]! * Math.log2(p[i]! / q[i]!)
  // Rounding can leave a divergence of equal distributions a hair below zero.
  return Math.max(0, sum)
}

/**
 * Jensen-Shannon divergence: the mean divergence of both from their middle (Lin 1991).
 * @returns bits, 0 (equal) to 1 (nothing in common)
 */
export function jensenShannonBits(p: ArrayLike<number>, q: ArrayLike<number>): number {
  const middle = Float64Array.from({ length: p.length }, (_, i) => (p[i]! + q[i]!) / 2)
  return (klBits(p, middle) + klBits(q, middle)) / 2
}
