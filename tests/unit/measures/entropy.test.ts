import { describe, expect, it } from 'vitest'
import { bitsPerByte, entropyBits, perplexity } from '../../../electron/measures/entropy.ts'

describe('entropy', () => {
  it('is log2 n for n equal choices, 0 for a certain one', () => {
    expect(entropyBits(new Float64Array(8).fill(1 / 8))).toBeCloseTo(3, 12)
    expect(Object.is(entropyBits([1, 0]), 0)).toBe(true)
    expect(entropyBits([0.5, 0.25, 0.25])).toBeCloseTo(1.5, 12)
  })

  it('gives perplexity and bits per byte', () => {
    expect(perplexity(Math.log(50))).toBeCloseTo(50, 9)
    expect(bitsPerByte(Math.LN2, 100, 400)).toBeCloseTo(0.25, 12)
  })
})
