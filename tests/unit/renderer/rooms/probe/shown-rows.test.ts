import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { StagesView } from '../../../../../electron/contract/probe.ts'
import { shownStages } from '../../../../../renderer/rooms/probe/shown-rows.ts'

function view(raw: number[], final: number[], vocabulary = raw.length): StagesView {
  const stage = (name: 'raw' | 'top-p', probabilities: number[]) => ({
    stage: name,
    active: true,
    skipped: false,
    candidates: probabilities.filter(p => p > 0).length,
    entropy: 0,
    probabilities: Float64Array.from(probabilities),
    rest: 1 - probabilities.reduce((sum, p) => sum + p, 0)
  })
  return {
    rows: raw.map((_, id) => ({ id, text: String(id) })),
    vocabulary,
    stages: [stage('raw', raw), stage('top-p', final)]
  }
}

describe('the rows that are shown', () => {
  it('are those most probable before or after, in the order of the raw distribution', () => {
    const shown = shownStages(view([0.4, 0.3, 0.1, 0.05], [0, 0.1, 0, 0.9], 100), 3)
    expect(shown.rows.map(({ id }) => id)).toEqual([0, 1, 3])
    expect(shown.others).toBe(97)
  })

  it('keep their places while the final distribution moves', () => {
    const raw = [0.4, 0.3, 0.2, 0.05]
    const orders = [
      [1, 0, 0, 0],
      [0.1, 0.2, 0.3, 0.4],
      [0.25, 0.25, 0.25, 0.25]
    ].map(final => shownStages(view(raw, final, 50), 4).rows.map(({ id }) => id))
    for (const order of orders) expect(order).toEqual([0, 1, 2, 3])
  })

  it('spend no line on the sum where one row more shows everything', () => {
    const shown = shownStages(view([0.5, 0.3, 0.2], [0.5, 0.3, 0.2]), 2)
    expect(shown.rows).toHaveLength(3)
    expect(shown.others).toBe(0)
  })

  it('sum with the rest to one in every stage', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.double({ min: 0.001, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })), {
          minLength: 1,
          maxLength: 30
        }),
        fc.integer({ min: 1, max: 20 }),
        (weights, most) => {
          const part = (values: number[]) => {
            const total = values.reduce((sum, value) => sum + value, 0.001)
            return values.map(value => (0.9 * value) / total)
          }
          const shown = shownStages(view(part(weights.map(([a]) => a)), part(weights.map(([, b]) => b)), 500), most)
          for (const { probabilities, rest } of shown.stages)
            expect(probabilities.reduce((sum, p) => sum + p, rest)).toBeCloseTo(1, 12)
        }
      )
    )
  })
})
