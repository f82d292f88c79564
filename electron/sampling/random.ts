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

/** Words of 64 bits are kept as two halves of 32: many times faster than BigInt, and the same bits. */
function fromWords(words: bigint[]): Random {
  const s = Uint32Array.from(words.flatMap(word => [Number(word >> 32n), Number(word & 0xffffffffn)]))
  /** Upper and lower half of the number drawn last. */
  let high = 0
  let low = 0
  /** (high, low) · factor, of which the lower 64 bits are kept; factor below 2^16. */
  const multiply = (factor: number): void => {
    const bottom = (low & 0xffff) * factor
    const middle = (low >>> 16) * factor + Math.floor(bottom / 2 ** 16)
    high = (Math.imul(high, factor) + Math.floor(middle / 2 ** 16)) >>> 0
    low = ((middle << 16) | (bottom & 0xffff)) >>> 0
  }
  const next = (): void => {
    // result = rotate(b · 5, 7) · 9
    high = s[2]!
    low = s[3]!
    multiply(5)
    const [h, l] = [high, low]
    high = ((h << 7) | (l >>> 25)) >>> 0
    low = ((l << 7) | (h >>> 25)) >>> 0
    multiply(9)
    const shiftedHigh = (s[2]! << 17) | (s[3]! >>> 15)
    const shiftedLow = s[3]! << 17
    for (const half of [0, 1]) {
      s[4 + half]! ^= s[half]!
      s[6 + half]! ^= s[2 + half]!
      s[2 + half]! ^= s[4 + half]!
      s[half]! ^= s[6 + half]!
    }
    s[4]! ^= shiftedHigh
    s[5]! ^= shiftedLow
    // d = rotate(d, 45): by 32, which swaps the halves, and by 13.
    const [d, e] = [s[7]!, s[6]!]
    s[6] = (d << 13) | (e >>> 19)
    s[7] = (e << 13) | (d >>> 19)
  }
  const uniform = (): number => {
    next()
    return (high * 2 ** 21 + (low >>> 11)) * 2 ** -53
  }
  return {
    uniform,
    integer: bound => Math.floor(uniform() * bound),
    state: () => [0, 2, 4, 6].map(at => ((BigInt(s[at]!) << 32n) | BigInt(s[at + 1]!)).toString(16)) as unknown as RandomState
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
