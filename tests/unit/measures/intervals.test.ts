import { describe, expect, test } from 'vitest'
import { bootstrap, proportion, quantile, winRate } from '../../../electron/measures/intervals.ts'
import { seededRandom } from '../../../electron/sampling/random.ts'

test('quantiles interpolate between neighbours', () => {
  expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5)
  expect(quantile([1, 2, 3, 4], 0)).toBe(1)
  expect(quantile([1, 2, 3, 4], 1)).toBe(4)
})

describe('bootstrap', () => {
  const mean = (sample: readonly number[]) => sample.reduce((sum, value) => sum + value, 0) / sample.length

  test('agrees with the normal interval of a mean', () => {
    const random = seededRandom(1)
    const sample = Array.from({ length: 400 }, () => random.uniform())
    const deviation = Math.sqrt(mean(sample.map(value => (value - mean(sample)) ** 2)) / 400)
    const { value, low, high } = bootstrap(sample, mean, random.uniform, { resamples: 4000 })
    expect(value).toBe(mean(sample))
    expect(Math.abs(low - (value - 1.96 * deviation))).toBeLessThan(0.15 * deviation)
    expect(Math.abs(high - (value + 1.96 * deviation))).toBeLessThan(0.15 * deviation)
  })

  test('covers the truth about as often as it says', () => {
    const random = seededRandom(2)
    let covered = 0
    for (let trial = 0; trial < 150; trial++) {
      const sample = Array.from({ length: 60 }, () => random.uniform())
      const { low, high } = bootstrap(sample, mean, random.uniform, { resamples: 200 })
      if (low <= 0.5 && 0.5 <= high) covered++
    }
    expect(covered).toBeGreaterThan(150 * 0.88)
    expect(covered).toBeLessThan(150 * 0.99)
  })
})

describe('proportions', () => {
  // 8 of 10: (p + z²/2n ± z√(p(1−p)/n + z²/4n²)) / (1 + z²/n) with z = 1.959964
  test('Wilson’s interval', () => {
    const { value, low, high } = proportion(8, 10)
    expect(value).toBe(0.8)
    expect(low).toBeCloseTo(0.4901625, 6)
    expect(high).toBeCloseTo(0.9433178, 6)
  })
  test('stays inside 0 to 1, and says nothing of nothing', () => {
    expect(proportion(5, 5).high).toBe(1)
    expect(proportion(0, 5).low).toBe(0)
    expect(proportion(0, 0)).toEqual({ value: NaN, low: 0, high: 1 })
  })
  test('ties count for neither side', () => expect(winRate({ wins: 8, losses: 2, ties: 30 })).toEqual(proportion(8, 10)))
})
