/** Batches of like length: what a step gets, and how little of it is filling. */
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../electron/sampling/random.ts'
import { LengthGroups } from '../../../electron/training/length-groups.ts'

const random = seededRandom(5)
const items = Array.from({ length: 500 }, (_, id) => ({ id, length: 5 + Math.floor(60 * random.uniform() ** 3) }))
const groups = (seed = 1, together = 16) => new LengthGroups(items, ({ length }) => length, { size: 8, seed, together })

describe('batches of like length', () => {
  it('depend on the seed and the step alone, in whatever order they are asked for', () => {
    const forth = groups()
    const rising = Array.from({ length: 40 }, (_, step) => forth.batch(step))
    const back = groups()
    const falling = Array.from({ length: 40 }, (_, i) => back.batch(39 - i)).reverse()
    expect(falling).toEqual(rising)
    expect(groups(2).batch(0)).not.toEqual(rising[0])
    expect(rising[16]).not.toEqual(rising[0])
  })

  it('are half as much filling as batches drawn at random', () => {
    const filling = (batches: readonly (readonly { readonly length: number }[])[]) => {
      const planned = batches.reduce((sum, batch) => sum + batch.length * Math.max(...batch.map(({ length }) => length)), 0)
      return 1 - batches.flat().reduce((sum, { length }) => sum + length, 0) / planned
    }
    const grouped = groups()
    const atRandom = Array.from({ length: 160 }, () => Array.from({ length: 8 }, () => items[random.integer(items.length)]!))
    const fillingOf = (of: typeof grouped) => filling(Array.from({ length: 160 }, (_, step) => of.batch(step)))
    expect(fillingOf(grouped)).toBeLessThan(filling(atRandom) / 2)
    expect(Math.abs(fillingOf(groups(1, 1)) - filling(atRandom))).toBeLessThan(0.1)
  })

  it('hold every item about as often, and come in no order of length', () => {
    const grouped = groups()
    const batches = Array.from({ length: 2000 }, (_, step) => grouped.batch(step))
    const times = new Array<number>(items.length).fill(0)
    for (const { id } of batches.flat()) times[id]!++
    // 32 are expected of each; six standard deviations.
    expect(Math.min(...times)).toBeGreaterThan(0)
    expect(Math.max(...times)).toBeLessThan(32 + 6 * Math.sqrt(32))
    const first = batches.filter((_, step) => step % 16 === 0).map(batch => batch[0]!.length)
    const last = batches.filter((_, step) => step % 16 === 15).map(batch => batch[0]!.length)
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
    expect(Math.abs(mean(first) - mean(last))).toBeLessThan(8)
  })
})
