/** Frames as bytes: whatever may cross comes back the same, and hostile bytes reach nothing. */
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { decodeFrame, encodeFrame } from '../../../electron/contract/rpc/binary.ts'
import { LabFailure } from '../../../electron/contract/failure.ts'

const typedArray = fc.oneof(
  fc.uint8Array(),
  fc.int8Array(),
  fc.uint16Array(),
  fc.int32Array(),
  fc.uint32Array(),
  fc.float32Array(),
  fc.float64Array(),
  fc.bigInt64Array()
)
const { tree } = fc.letrec<{ tree: unknown }>(tie => ({
  tree: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    fc.string({ unit: 'binary' }),
    // Any UTF-16, lone surrogates too.
    fc.array(fc.nat(0xffff)).map(codes => String.fromCharCode(...codes)),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    typedArray,
    fc.array(tie('tree')),
    fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'length', '$array')), tie('tree'))
  )
}))

it('brings back every tree of JSON values and typed arrays', () => {
  fc.assert(
    fc.property(tree, fc.nat(15), (value, shift) => {
      const message = encodeFrame(value)
      expect(message.length % 8).toBe(0)
      // As a socket hands it over: somewhere in a larger buffer, at any alignment.
      const pool = new Uint8Array(message.length + 32).fill(0xaa)
      pool.set(message, shift)
      expect(decodeFrame(pool.subarray(shift, shift + message.length))).toEqual(plain(value))
    }),
    { numRuns: 500 }
  )
})

it('gives every array a buffer of its own, and reads Node buffers as they are', () => {
  const original = Float32Array.of(1, 2, 3)
  const message = Buffer.from(encodeFrame({ original, pooled: Buffer.from('abc') }))
  const first = decodeFrame(message) as { original: Float32Array; pooled: Uint8Array }
  message.fill(0)
  expect([...first.original]).toEqual([1, 2, 3])
  expect(first.original.buffer.byteLength).toBe(12)
  expect(first.pooled.constructor).toBe(Uint8Array)
  expect(new TextDecoder().decode(first.pooled)).toBe('abc')
})

it('refuses damaged messages with a named failure', () => {
  const whole = encodeFrame({ id: 1, values: Float64Array.of(1, 2, 3) })
  for (let length = 0; length < whole.length; length++)
    expect(() => decodeFrame(whole.subarray(0, length)), `cut at ${length}`).toThrow(LabFailure)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
      try {
        decodeFrame(bytes)
      } catch (error) {
        expect(error).toBeInstanceOf(LabFailure)
      }
    })
  )
})

it.each([
  ['the prototype of all objects', { frame: {}, arrays: [[['__proto__', 'polluted'], 'Uint8Array', 0, 0]] }],
  ['a prototype through a constructor', { frame: {}, arrays: [[['constructor', 'prototype', 'polluted'], 'Uint8Array', 0, 0]] }],
  ['a place that is taken', { frame: { a: 1 }, arrays: [[['a'], 'Uint8Array', 0, 0]] }],
  [
    'a place inside another array',
    {
      frame: [null],
      arrays: [
        [[0], 'Uint8Array', 0, 8],
        [[0, 0], 'Uint8Array', 0, 0]
      ]
    }
  ],
  ['an unknown type', { frame: [null], arrays: [[[0], 'constructor', 0, 0]] }],
  ['an array outside the message', { frame: [null], arrays: [[[0], 'Float64Array', 0, 9]] }],
  ['a negative offset', { frame: [null], arrays: [[[0], 'Uint8Array', -8, 8]] }],
  ['an endless length', { frame: [null], arrays: [[[0], 'Float64Array', 0, 2 ** 53 - 1]] }],
  ['no table', { frame: [null], arrays: 7 }],
  ['no path', { frame: [null], arrays: [[7, 'Uint8Array', 0, 0]] }]
])('lets a hostile header reach nothing: %s', (_, header) => {
  const json = new TextEncoder().encode(JSON.stringify(header))
  const message = new Uint8Array(Math.ceil((4 + json.length) / 8) * 8 + 8).fill(0x20)
  new DataView(message.buffer).setUint32(0, json.length, true)
  message.set(json, 4)
  expect(() => decodeFrame(message)).toThrow(LabFailure)
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
})

/** The value with null-prototype objects made ordinary, so that `toEqual` compares their content only. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
  const copy = {}
  for (const [key, item] of Object.entries(value))
    Object.defineProperty(copy, key, { value: plain(item), enumerable: true, writable: true, configurable: true })
  return copy
}
