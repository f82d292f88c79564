import { expect, test } from 'vitest'
import { jensenShannonBits, klBits } from '../../../electron/measures/divergence.ts'

test('KL of a fair and a bent coin, by hand', () => {
  // ½·log₂(½/¾) + ½·log₂(½/¼)
  expect(klBits([0.5, 0.5], [0.75, 0.25])).toBeCloseTo(0.5 * Math.log2(2 / 3) + 0.5, 12)
  expect(klBits([0.75, 0.25], [0.75, 0.25])).toBe(0)
  expect(klBits([1, 0], [0, 1])).toBe(Infinity)
})

test('Jensen-Shannon is one bit where nothing is shared, and the same both ways', () => {
  expect(jensenShannonBits([1, 0], [0, 1])).toBe(1)
  expect(jensenShannonBits([0.5, 0.5], [0.75, 0.25])).toBeCloseTo(jensenShannonBits([0.75, 0.25], [0.5, 0.5]), 12)
})
