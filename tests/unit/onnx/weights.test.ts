/** Half precision and eight-bit weights against values found in other ways. */
import { describe, expect, it } from 'vitest'
import { MersenneTwister, torchNormal } from '../../../electron/graph/initialisation.ts'
import { floatsOf, fromHalf, halvesOf, toHalf } from '../../../electron/graph/half.ts'
import { blockSize, quantise } from '../../../electron/onnx/quantise.ts'

describe('half precision', () => {
  it('has the bits of IEEE 754', () => {
    // From the standard's own table and numpy.float16.
    const known: readonly [number, number][] = [
      [0, 0x0000],
      [-0, 0x8000],
      [1, 0x3c00],
      [-2, 0xc000],
      [0.1, 0x2e66],
      [1 / 3, 0x3555],
      [65504, 0x7bff],
      [65520, 0x7c00],
      [1e6, 0x7c00],
      [-Infinity, 0xfc00],
      [2 ** -14, 0x0400],
      [2 ** -24, 0x0001],
      [2 ** -25, 0x0000],
      [3 * 2 ** -26, 0x0001],
      [2049, 0x6800],
      [2051, 0x6802]
    ]
    for (const [value, bits] of known) expect(toHalf(value), String(value)).toBe(bits)
    expect(Number.isNaN(fromHalf(toHalf(NaN)))).toBe(true)
  })

  /** IEEE 754-2019, 3.4: sign, five bits of exponent, ten of fraction. */
  const valueOfBits = (bits: number): number => {
    const [, sign, exponent, fraction] = /^(.)(.{5})(.{10})$/.exec(bits.toString(2).padStart(16, '0'))!
    const [e, f] = [parseInt(exponent!, 2), parseInt(fraction!, 2) / 1024]
    const size = e === 31 ? (f ? NaN : Infinity) : e === 0 ? f * 2 ** -14 : (1 + f) * 2 ** (e - 15)
    return sign === '1' ? -size : size
  }

  it('comes back as itself, for every half there is', () => {
    for (let bits = 0; bits < 0x10000; bits++) {
      const value = fromHalf(bits)
      expect(Object.is(value, valueOfBits(bits)), String(bits)).toBe(true)
      if (!Number.isNaN(value) && toHalf(value) !== bits) expect.fail(`${bits} came back as ${toHalf(value)}`)
    }
  })

  it('is the nearest of all halves', () => {
    const values = torchNormal(new MersenneTwister(4), 4000, 0.05)
    const rounded = floatsOf(halvesOf(values))
    values.forEach((value, i) => {
      const bits = toHalf(value)
      const off = Math.abs(rounded[i]! - value)
      for (const neighbour of [bits - 1, bits + 1]) expect(off).toBeLessThanOrEqual(Math.abs(fromHalf(neighbour) - value))
    })
  })
})

describe('eight-bit weights', () => {
  it('are within half a step of what they stand for, in every block of 32', () => {
    const [rows, columns] = [7, 75]
    const weight = torchNormal(new MersenneTwister(2), rows * columns, 1)
    const { bytes, scales, blocks } = quantise(weight, rows, columns)
    expect([blocks, bytes.length, scales.length]).toEqual([3, rows * 3 * blockSize, rows * 3])
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < blocks * blockSize; column++) {
        const byte = bytes[row * blocks * blockSize + column]!
        const scale = scales[row * blocks + Math.floor(column / blockSize)]!
        if (column >= columns) expect(byte, 'padding').toBe(128)
        else expect(Math.abs((byte - 128) * scale - weight[row * columns + column]!)).toBeLessThanOrEqual(scale * 0.5001)
      }
  })

  it('reach their largest magnitude exactly, and zeros stay zeros', () => {
    const weight = new Float32Array(64)
    weight.set([3, -1.5, 0.75])
    const { bytes, scales } = quantise(weight, 1, 64)
    expect(bytes[0]).toBe(255)
    expect((bytes[0]! - 128) * scales[0]!).toBeCloseTo(3, 6)
    expect(scales[1]).toBe(0)
    expect(bytes.subarray(3).every(byte => byte === 128)).toBe(true)
  })
})
