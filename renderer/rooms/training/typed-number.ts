/** Numbers as people type them. */

/** A finite number from text (`0.001`, `1e-3`, `2,000`, a comma as decimal point in `0,5`), or null. */
export function typedNumber(text: string): number | null {
  const clean = text
    .trim()
    .replace(/[\s_]/g, '')
    .replace(/,(?=\d{3}(\D|$))/g, '')
    .replace(',', '.')
  if (clean === '') return null
  const value = Number(clean)
  return Number.isFinite(value) ? value : null
}

/** How a value is written into its field: small ones with an exponent, so that `1e-8` stays readable. */
export function written(value: number): string {
  if (value !== 0 && Math.abs(value) < 1e-3) return value.toExponential().replace('e-0', 'e-')
  return String(value)
}
