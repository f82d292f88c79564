import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../electron/sampling/random.ts'
import { evenStarts, everyStart, randomStarts, windowsAt } from '../../../electron/training/windows.ts'

const text = Int32Array.from({ length: 50 }, (_, i) => i * i)

describe('windows', () => {
  it('hold T tokens and the T that follow each', () => {
    expect(windowsAt(text, [0, 40], 3, 'every')).toEqual({
      tokens: Int32Array.of(0, 1, 4, 1600, 1681, 1764),
      targets: Int32Array.of(1, 4, 9, 1681, 1764, 1849)
    })
  })

  it('have one target, the last, where the loss is read at the last position', () => {
    expect(windowsAt(text, [0, 40], 3, 'last').targets).toEqual(Int32Array.of(-1, -1, 9, -1, -1, 1849))
  })

  it('are the twelve of Karpathy’s baby GPT', () => {
    const bits = Int32Array.from('111101111011110', Number)
    const starts = everyStart(bits, 3)
    const { tokens, targets } = windowsAt(bits, starts, 3, 'last')
    expect(starts).toHaveLength(12)
    expect(starts.map((_, row) => `${tokens!.slice(row * 3, row * 3 + 3).join('')}→${targets![row * 3 + 2]}`)).toEqual([
      '111→1',
      '111→0',
      '110→1',
      '101→1',
      '011→1',
      '111→1',
      '111→0',
      '110→1',
      '101→1',
      '011→1',
      '111→1',
      '111→0'
    ])
  })

  it('reach the first and the last token of the text, and never beyond', () => {
    const starts = randomStarts(text, 45, 2000, seededRandom(3))
    expect([Math.min(...starts), Math.max(...starts)]).toEqual([0, 4])
    expect(windowsAt(text, [4], 45, 'every').targets!.at(-1)).toBe(49 * 49)
    expect(evenStarts(text, 45, 5)).toEqual([0, 1, 2, 3, 4])
    expect(evenStarts(text, 45, 1)).toEqual([0])
    expect(everyStart(text, 45)).toEqual([0, 1, 2, 3, 4])
  })

  it('are drawn uniformly and the same from the same seed', () => {
    const counts = new Array<number>(5).fill(0)
    for (const start of randomStarts(text, 45, 10_000, seededRandom(11))) counts[start]!++
    // Five places, binomial with deviation 40.
    for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(200)
    expect(randomStarts(text, 45, 20, seededRandom(11))).toEqual(randomStarts(text, 45, 20, seededRandom(11)))
  })
})
