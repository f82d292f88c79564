import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LabFailure } from '../../../electron/contract/failure.ts'
import { decodeSafetensors, encodeSafetensors, type Tensor } from '../../../electron/graph/safetensors.ts'

const tensor = fc.oneof(
  fc.float32Array({ maxLength: 40 }),
  fc.float64Array({ maxLength: 40 }),
  fc.int32Array({ maxLength: 40 }),
  fc.bigInt64Array({ maxLength: 40 })
)

/** A file of one's own making: a header and bytes. */
function file(header: unknown, data: Uint8Array = new Uint8Array()): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header))
  const bytes = new Uint8Array(8 + text.length + data.length)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true)
  bytes.set(text, 8)
  bytes.set(data, 8 + text.length)
  return bytes
}

const reasonOf = (bytes: Uint8Array): string => {
  try {
    decodeSafetensors(bytes, 'x.safetensors')
  } catch (error) {
    expect(error).toBeInstanceOf(LabFailure)
    expect((error as LabFailure).code).toBe('safetensors-damaged')
    return String((error as LabFailure).details['reason'])
  }
  return 'none'
}

describe('safetensors', () => {
  it('gives back what was written', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string({ minLength: 1 }).filter(name => name !== '__metadata__'),
          tensor
        ),
        fc.dictionary(fc.string(), fc.string()),
        (arrays, metadata) => {
          const tensors = new Map<string, Tensor>(
            Object.entries(arrays).map(([name, values]) => [name, { shape: [1, values.length], values }])
          )
          const read = decodeSafetensors(Buffer.from(encodeSafetensors(tensors, metadata)))
          expect(new Map(read.tensors)).toEqual(tensors)
          expect({ ...read.metadata }).toEqual({ ...metadata })
        }
      ),
      { examples: [[JSON.parse('{"__proto__":[]}', (_, value) => (Array.isArray(value) ? new Int32Array(1) : value)), {}]] }
    )
  })

  it('reads half precision, and writes it', () => {
    const bytes = new Uint8Array(new Uint16Array([0x3c00, 0xb800]).buffer)
    const { tensors } = decodeSafetensors(file({ a: { dtype: 'F16', shape: [2], data_offsets: [0, 4] } }, bytes))
    expect(tensors.get('a')!.values).toEqual(new Float32Array([1, -0.5]))
    const written = encodeSafetensors(new Map([['a', { shape: [2], values: new Uint16Array([0x3c00, 0xb800]) }]]))
    expect(decodeSafetensors(written).tensors).toEqual(tensors)
    const brain = decodeSafetensors(
      file({ a: { dtype: 'BF16', shape: [1], data_offsets: [0, 2] } }, new Uint8Array([0x80, 0x3f]))
    )
    expect(brain.tensors.get('a')!.values).toEqual(new Float32Array([1]))
  })

  it('names what is wrong with a hostile file', () => {
    const four = new Uint8Array(4)
    expect(reasonOf(new Uint8Array(3))).toContain('3 bytes')
    expect(reasonOf(file('{}').subarray(0, 9))).toContain('header')
    expect(reasonOf(file('no json'))).toContain('no JSON')
    expect(reasonOf(file('[]'))).toContain('no JSON object')
    expect(reasonOf(file({ a: 1 }))).toContain('a is malformed')
    expect(reasonOf(file({ a: { dtype: 'F32', shape: [-1], data_offsets: [0, 4] } }, four))).toContain('malformed')
    expect(reasonOf(file({ a: { dtype: 'F4', shape: [1], data_offsets: [0, 4] } }, four))).toContain('F4')
    expect(reasonOf(file({ a: { dtype: 'F32', shape: [2 ** 40, 2 ** 40], data_offsets: [0, 4] } }, four))).toContain(
      'should take'
    )
    expect(reasonOf(file({ a: { dtype: 'F32', shape: [2], data_offsets: [0, 8] } }, four))).toContain('should take 8 bytes')
    expect(reasonOf(file({ a: { dtype: 'F32', shape: [1], data_offsets: [4, 8] } }, new Uint8Array(8)))).toContain('begins at 4')
    expect(
      reasonOf(
        file(
          { a: { dtype: 'F32', shape: [1], data_offsets: [0, 4] }, b: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } },
          four
        )
      )
    ).toContain('begins at 0')
    expect(reasonOf(file({}, four))).toContain('belong to no tensor')
    const huge = new Uint8Array(16)
    new DataView(huge.buffer).setBigUint64(0, 2n ** 63n, true)
    expect(reasonOf(huge)).toContain('header')
  })

  it('never throws anything but a named failure', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), bytes => void reasonOf(bytes)))
  })
})
