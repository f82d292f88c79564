/**
 * Seeded random numbers for everything but initialisation: SplitMix64 for seeding, xoshiro256** for
 * drawing (Blackman and Vigna, https://prng.di.unimi.it). The native engine draws with the same
 * generator (`engine/native/random.h`), so a seed means the same on both.
 */

const mask = (1n << 64n) - 1n

function splitMix64(state: bigint): { state: bigint; value: bigint } {
  state = (state + 0x9e3779b97f4a7c15n) & mask
  let z = state
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & mask
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & mask
  return { state, value: z ^ (z >> 31n) }
}

const rotate = (x: bigint, k: bigint): bigint => ((x << k) | (x >> (64n - k))) & mask

/** State of a generator: four 64-bit words, as hexadecimal strings in JSON. */
export type RandomState = readonly [string, string, string, string]

/** A seeded generator of uniform numbers. */
export interface Random {
  /** Uniform in [0, 1), 53 bits. */
  uniform(): number
  /** Uniform integer in [0, bound). */
  integer(bound: number): number
  state(): RandomState
}

/**
 * A generator for a seed and a stream: the words come from SplitMix64 started at seed + stream·2^32.
 * @param seed integer in [0, 2^32)
 * @param stream integer in [0, 2^31): independent sequences of one seed
 */
export function seededRandom(seed: number, stream = 0): Random {
  let s = BigInt(seed) + (BigInt(stream) << 32n)
  const words: bigint[] = []
  for (let i = 0; i < 4; i++) {
    const next = splitMix64(s)
    s = next.state
    words.push(next.value)
  }
  return fromWords(words)
}

/** A generator that goes on where `state` was taken. */
export function resumedRandom(state: RandomState): Random {
  return fromWords(state.map(word => BigInt(`0x${word}`)))
}

function fromWords(words: bigint[]): Random {
  let [a, b, c, d] = words as [bigint, bigint, bigint, bigint]
  const next = (): bigint => {
    const result = (rotate((b * 5n) & mask, 7n) * 9n) & mask
    const t = (b << 17n) & mask
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= t
    d = rotate(d, 45n)
    return result
  }
  const uniform = (): number => Number(next() >> 11n) * 2 ** -53
  return {
    uniform,
    integer: bound => Math.floor(uniform() * bound),
    state: () => [a, b, c, d].map(word => word.toString(16)) as unknown as RandomState
  }
}

/**
 * Index drawn from a distribution by inverting its cumulative sum.
 * @param probabilities 64-bit floats that sum to 1; zeros are never drawn
 * @param uniform in [0, 1)
 */
export function drawIndex(probabilities: Float64Array, uniform: number): number {
  let cumulative = 0
  let last = 0
  for (let i = 0; i < probabilities.length; i++) {
    const p = probabilities[i]!
    if (p <= 0) continue
    cumulative += p
    last = i
    if (uniform < cumulative) return i
  }
  return last
}
