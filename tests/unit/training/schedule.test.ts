import { describe, expect, it } from 'vitest'
import { learningRateAt, learningRates } from '../../../electron/training/schedule.ts'

/** nanoGPT's get_lr, word for word from train.py. */
function getLr(
  it: number,
  o: { learningRate: number; minimumLearningRate: number; warmup: number },
  lrDecayIters: number
): number {
  if (it < o.warmup) return (o.learningRate * (it + 1)) / (o.warmup + 1)
  if (it > lrDecayIters) return o.minimumLearningRate
  const decayRatio = (it - o.warmup) / (lrDecayIters - o.warmup)
  const coeff = 0.5 * (1.0 + Math.cos(Math.PI * decayRatio))
  return o.minimumLearningRate + coeff * (o.learningRate - o.minimumLearningRate)
}

const optimiser = { learningRate: 1e-3, minimumLearningRate: 1e-4, warmup: 100 }

describe('learning rate', () => {
  it('is nanoGPT’s at every step of a run', () => {
    for (let step = 0; step <= 2000; step++)
      expect(learningRateAt(step, 2000, optimiser)).toBeCloseTo(getLr(step, optimiser, 2000), 15)
  })

  it('reaches the top when the warm-up ends and the bottom at the end', () => {
    expect(learningRateAt(100, 2000, optimiser)).toBe(1e-3)
    expect(learningRateAt(2000, 2000, optimiser)).toBe(1e-4)
  })

  it('is constant when the minimum is the maximum and there is no warm-up', () => {
    const flat = { learningRate: 1e-3, minimumLearningRate: 1e-3, warmup: 0 }
    for (let step = 0; step <= 50; step++) expect(learningRateAt(step, 50, flat)).toBe(1e-3)
  })

  it('does not divide by zero when the whole run is a warm-up', () => {
    expect(learningRateAt(100, 100, { ...optimiser, warmup: 100 })).toBe(1e-4)
    expect(learningRateAt(99, 100, { ...optimiser, warmup: 100 })).toBeCloseTo(0.1 / 101, 12)
  })

  it('does not depend on how steps are grouped into calls', () => {
    const recipe = {
      optimiser: { ...optimiser, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0, decay: 'matrices' as const, clip: 1 },
      steps: 300
    }
    const whole = [...learningRates(0, 300, recipe)]
    expect([...learningRates(0, 7, recipe), ...learningRates(7, 293, recipe)]).toEqual(whole)
  })
})
