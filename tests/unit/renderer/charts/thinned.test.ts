/** Fewer points for long curves. */
import { expect, test } from 'vitest'
import { everyNth, extremes, placeAt, points } from '../../../../renderer/charts/thinned.ts'

const steps = Array.from({ length: 10_000 }, (_, i) => i + 1)
const losses = steps.map(step => 4 / Math.sqrt(step) + ((step * 7919) % 101) / 1000)

test('short curves keep every finite point', () => {
  expect(points([1, 2, 3], [0.5, NaN, 0.3])).toEqual([
    [1, 0.5],
    [3, 0.3]
  ])
  expect(extremes([1, 2, 3], [3, 2, 1], 100)).toEqual(points([1, 2, 3], [3, 2, 1]))
})

test('a long curve keeps its order and every peak', () => {
  const spiked = losses.with(6_543, 99).with(123, -5)
  const kept = extremes(steps, spiked, 300)
  expect(kept.length).toBeLessThanOrEqual(600)
  expect(kept.map(([step]) => step)).toEqual(kept.map(([step]) => step).toSorted((a, b) => a - b))
  expect(kept).toContainEqual([6_544, 99])
  expect(kept).toContainEqual([124, -5])
})

test('losses that are no numbers leave a gap, not a point', () => {
  const broken = losses.map((loss, i) => (i < 5_000 ? loss : NaN))
  expect(extremes(steps, broken, 300).every(([step, loss]) => step <= 5_000 && Number.isFinite(loss))).toBe(true)
})

test('every n-th point ends with the newest', () => {
  const kept = everyNth(steps, losses, 700)
  expect(kept.length).toBeLessThanOrEqual(700)
  expect(kept.at(-1)).toEqual([10_000, losses.at(-1)])
  expect(everyNth([], [], 700)).toEqual([])
})

test('the place of a step is the last that is not after it', () => {
  expect([0, 10, 15, 20, 99].map(step => placeAt([10, 20, 30], step))).toEqual([-1, 0, 0, 1, 2])
  expect(placeAt([], 5)).toBe(-1)
})
