/** The error function in 64-bit floats, to about 1e-15: the measure of every GELU. */

/** erf(x) = 2/√π ∫₀ˣ exp(−t²) dt. */
export function erf(x: number): number {
  return x < 0 ? -erf(-x) : x < 2 ? series(x) : 1 - continuedFraction(x)
}

/** 1 − erf(x), without cancellation for large x. */
export function erfc(x: number): number {
  return x < 2 ? 1 - erf(x) : continuedFraction(x)
}

/** x/2 · (1 + erf(x/√2)): GELU in its exact form. */
export function gelu(x: number): number {
  return 0.5 * x * erfc(-x * Math.SQRT1_2)
}

/** erf(x) = 2/√π · exp(−x²) · Σ 2ⁿ x²ⁿ⁺¹ / (2n+1)!! (Abramowitz and Stegun 7.1.6): all terms positive. */
function series(x: number): number {
  let term = x
  let sum = x
  for (let n = 1; term > sum * 1e-17; n++) {
    term *= (2 * x * x) / (2 * n + 1)
    sum += term
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum
}

/** erfc(x) = exp(−x²)/√π · 1/(x + ½/(x + 1/(x + ³⁄₂/(x + …)))) (7.1.14), from the inside out; x ≥ 2. */
function continuedFraction(x: number): number {
  let tail = x
  for (let n = 120; n >= 1; n--) tail = x + n / 2 / tail
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * tail)
}
