/** Numbers as the charts write them. */

/** No-break space between figure and unit. */
const gap = '\u00a0'

/**
 * A probability as an exact percentage: one decimal from 1 % on, two below, `<0.01 %` for the tiny;
 * never 100 % unless it is certain, never 0 % unless it is impossible.
 */
export function percent(p: number): string {
  if (p === 0) return `0${gap}%`
  if (p < 0.0001) return `<0.01${gap}%`
  if (p < 0.00995) return `${(p * 100).toFixed(2)}${gap}%`
  if (p < 0.9995) return `${(p * 100).toFixed(1)}${gap}%`
  if (p < 0.99995) return `${(p * 100).toFixed(2)}${gap}%`
  return p < 1 - 1e-12 ? `>99.99${gap}%` : `100${gap}%`
}

/** Entropy in bits. */
export function bits(value: number): string {
  return `${Math.abs(value).toFixed(2)}${gap}bit`
}

/** The number of equally likely choices that has the same entropy (the perplexity), with as many digits as help. */
export function equalChoices(entropy: number): string {
  const choices = 2 ** entropy
  if (choices < 100) return choices.toFixed(1)
  return Math.round(choices).toLocaleString('en')
}

/** A loss, a rate or a norm: four significant digits, small ones with an exponent. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  const size = Math.abs(value)
  if (size === 0) return '0'
  if (size < 0.001) return value.toExponential(2)
  if (size < 10) return value.toFixed(4).replace(/0{1,2}$/, '')
  if (size < 1000) return value.toFixed(1)
  return Math.round(value).toLocaleString('en')
}
