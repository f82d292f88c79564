import { expect, test } from 'vitest'
import { calibrationBins, expectedCalibrationError } from '../../../electron/measures/calibration.ts'
import { seededRandom } from '../../../electron/sampling/random.ts'

test('by hand: four forecasts of 0.9 of which half happen, one of 0.1 that does not', () => {
  const forecasts = [true, true, false, false].map(happened => ({ probability: 0.9, happened }))
  const all = [...forecasts, { probability: 0.1, happened: false }]
  expect(calibrationBins(all).map(({ count, frequency }) => [count, frequency])).toEqual([
    [1, 0],
    [4, 0.5]
  ])
  expect(expectedCalibrationError(all)).toBeCloseTo((4 / 5) * 0.4 + (1 / 5) * 0.1, 12)
})

test('honest forecasts are calibrated, boastful ones are not', () => {
  const random = seededRandom(3)
  const truth = Array.from({ length: 20_000 }, () => random.uniform())
  const honest = truth.map(p => ({ probability: p, happened: random.uniform() < p }))
  expect(expectedCalibrationError(honest)).toBeLessThan(0.02)
  expect(
    expectedCalibrationError(
      honest.map(({ probability, happened }) => ({ probability: probability > 0.5 ? 0.99 : 0.01, happened }))
    )
  ).toBeGreaterThan(0.2)
})
