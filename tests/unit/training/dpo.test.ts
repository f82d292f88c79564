import { describe, expect, it } from 'vitest'
import type { RecipeOf } from '../../../electron/contract/training.ts'
import type { Comparison } from '../../../electron/corpora/preferences.ts'
import { preferenceOptimisation } from '../../../electron/training/dpo.ts'
import type { Compile } from '../../../electron/training/prepared-run.ts'
import {
  config,
  figures,
  heldOutLosses,
  metricsOf,
  parameters,
  sameBits,
  shared,
  tokenizer,
  train,
  withAndWithoutInterruption
} from './small-stages.ts'

const recipe: RecipeOf<'dpo'> = {
  ...shared,
  stage: 'dpo',
  name: 'small-dpo',
  optimiser: { ...shared.optimiser, learningRate: 1e-3 },
  dpo: {
    source: 'atlas',
    prompts: 10,
    written: 0,
    completions: 3,
    tokens: 10,
    temperature: 1,
    noise: 0,
    heldOut: 0.2,
    beta: 0.1
  }
}
const comparisonOf = (i: number): Comparison => ({
  prompt: `q${i}?`,
  completions: ['no', 'please', 'so'],
  ranks: [1, 0, 1],
  rater: 'a test'
})
const comparisons = {
  train: Array.from({ length: 12 }, (_, i) => comparisonOf(i)),
  heldOut: Array.from({ length: 4 }, (_, i) => comparisonOf(50 + i))
}
const open = (compile: Compile) => preferenceOptimisation({ recipe, config, tokenizer, parameters, comparisons }, compile)

describe('DPO', () => {
  it('begins at the reference, where nothing is preferred, and moves to what was chosen', async () => {
    const run = await train(recipe, open)
    const measures = metricsOf(run)
    expect(heldOutLosses(run).first).toBeCloseTo(Math.LN2, 6)
    expect(measures[0]).toEqual({
      'rewards/accuracies': 0,
      'rewards/margins': 0,
      'rewards/chosen': 0,
      'rewards/rejected': 0
    })
    expect(run.lines.find(line => line.kind === 'step')).toMatchObject({ step: 1, loss: expect.closeTo(Math.LN2, 5) })
    const last = measures.at(-1)!
    expect(last['rewards/accuracies']).toBe(1)
    expect(last['rewards/margins']).toBeCloseTo(last['rewards/chosen']! - last['rewards/rejected']!, 6)
    expect(last['rewards/margins']).toBeGreaterThan(0.5)
    expect(heldOutLosses(run).last).toBeLessThan(0.5)
  })

  it('goes on with the same bits after an interruption: the reference is still the model it started from', async () => {
    const { whole, resumed } = await withAndWithoutInterruption({ ...recipe, steps: 40 }, open)
    expect(sameBits(resumed.result!.parameters, whole.result!.parameters)).toBe(true)
    expect(figures(resumed)).toEqual(figures(whole))
  })
})
