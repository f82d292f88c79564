/**
 * Dropout masks as `electron/engine/native/random.h` defines them, written down a second time: SplitMix64
 * over seed, step and node gives a key; lowbias32 (https://nullprogram.com/blog/2018/07/31/) with the key
 * gives 32 bits for an element, which is kept where they reach p·2³².
 */
const word = (x: bigint) => BigInt.asUintN(64, x)

function splitMix(state: bigint): { state: bigint; value: bigint } {
  state = word(state + 0x9e3779b97f4a7c15n)
  let z = state
  z = word((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n)
  z = word((z ^ (z >> 27n)) * 0x94d049bb133111ebn)
  return { state, value: z ^ (z >> 31n) }
}

function key(seed: number, step: number, node: number): bigint {
  let { state, value } = splitMix(BigInt(seed))
  for (const part of [step, node]) ({ state, value } = splitMix(state ^ word(value + BigInt(part))))
  return value
}

/** Factor of an element: 0 or 1/(1−p). */
export function maskOf(p: number, seed: number, step: number, node: number): (element: number) => number {
  const keyed = key(seed, step, node)
  const low = Number(keyed & 0xffffffffn)
  const high = Number(keyed >> 32n)
  const threshold = Math.round(p * 2 ** 32)
  return element => {
    let h = element ^ low
    h = Math.imul(h ^ (h >>> 16), 0x7feb352d)
    h = (Math.imul(h ^ (h >>> 15), 0x846ca68b) + high) | 0
    h = Math.imul(h ^ (h >>> 16), 0x21f0aaad)
    return (h ^ (h >>> 15)) >>> 0 >= threshold ? 1 / (1 - p) : 0
  }
}
