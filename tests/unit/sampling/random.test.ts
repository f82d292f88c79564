import { describe, expect, test } from 'vitest'
import { drawIndex, resumedRandom, seededRandom } from '../../../electron/sampling/random.ts'

const mask = (1n << 64n) - 1n
const rotate = (x: bigint, k: bigint) => ((x << k) | (x >> (64n - k))) & mask

/** xoshiro256** and SplitMix64 as their authors publish them, in whole 64-bit words. */
function published(seed: number, stream: number): () => bigint {
  let state = BigInt(seed) + (BigInt(stream) << 32n)
  const splitMix = () => {
    state = (state + 0x9e3779b97f4a7c15n) & mask
    let z = state
    z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & mask
    z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & mask
    return z ^ (z >> 31n)
  }
  const s = [splitMix(), splitMix(), splitMix(), splitMix()] as [bigint, bigint, bigint, bigint]
  return () => {
    const result = (rotate((s[1] * 5n) & mask, 7n) * 9n) & mask
    const t = (s[1] << 17n) & mask
    s[2] ^= s[0]
    s[3] ^= s[1]
    s[1] ^= s[2]
    s[0] ^= s[3]
    s[2] ^= t
    s[3] = rotate(s[3], 45n)
    return result
  }
}

describe('seeded random numbers', () => {
  test('are those of xoshiro256**, bit for bit, for any seed and stream', () => {
    for (const [seed, stream] of [
      [0, 0],
      [1337, 0],
      [1337, 1],
      [2 ** 32 - 1, 2 ** 31 - 1]
    ] as const) {
      const ours = seededRandom(seed, stream)
      const theirs = published(seed, stream)
      for (let i = 0; i < 1000; i++) expect(ours.uniform()).toBe(Number(theirs() >> 11n) * 2 ** -53)
    }
  })

  test('go on where their state was taken', () => {
    const random = seededRandom(7)
    for (let i = 0; i < 100; i++) random.uniform()
    const again = resumedRandom(random.state())
    expect(Array.from({ length: 50 }, again.uniform)).toEqual(Array.from({ length: 50 }, random.uniform))
  })
})

test('a draw inverts the cumulative sum and never takes what has no chance', () => {
  const p = Float64Array.of(0, 0.25, 0, 0.75, 0)
  expect([0, 0.2499, 0.25, 0.9999999].map(uniform => drawIndex(p, uniform))).toEqual([1, 1, 3, 3])
})
