import { describe, expect, it } from 'vitest'
import { engineGelu, geluError, geluGrid } from '../../electron/lab/parity/gelu.ts'
import { gelu } from '../../electron/measures/error-function.ts'
import { engine, largestDifference } from './small-models.ts'

const exact = Float64Array.from(geluGrid(), gelu)

describe.each(engine.simds)('GELU of %s kernels', simd => {
  it.each([
    ['alone', false],
    ['fused into a product', true]
  ])('is within 1e-6 of the exact form over [-10, 10], %s', async (_, fused) => {
    expect(largestDifference(await engineGelu(engine, fused, { threads: 1, simd }), exact)).toBeLessThan(1e-6)
  })
  it('is what parity reports', async () => {
    expect(await geluError(engine, { threads: 1, simd })).toBeLessThan(1e-6)
  })
})

describe('the tolerance', () => {
  it('is too narrow for the tanh form', () => {
    const tanh = Float64Array.from(geluGrid(), x => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))))
    expect(largestDifference(tanh, exact)).toBeGreaterThan(1e-4)
  })
  it('is measured on a grid finer than a thousandth that has both ends and zero', () => {
    const grid = geluGrid()
    expect([grid[0], grid.at(-1), grid.includes(0)]).toEqual([-10, 10, true])
    expect(20 / (grid.length - 1)).toBeLessThan(1e-3)
  })
})
