/**
 * Safetensors files (https://github.com/huggingface/safetensors): eight bytes with the header's length,
 * a JSON header, the tensors' bytes one after another, little-endian. A file may come from anywhere, so
 * nothing in its header is believed before it is checked.
 */
import * as v from 'valibot'
import { LabFailure } from '../contract/failure.ts'
import { elements } from './graph.ts'
import { floatsOf } from './half.ts'

export type TensorValues = Float32Array | Float64Array | Int8Array | Int32Array | BigInt64Array

/** Values as a file is written of them; 16 bits are halves. */
export type StoredValues = TensorValues | Uint16Array

/** A named block of numbers, row-major. */
export interface Tensor<Values extends StoredValues = TensorValues> {
  readonly shape: readonly number[]
  readonly values: Values
}

/** What a file holds. */
export interface Safetensors {
  /** In the order of their bytes. */
  readonly tensors: ReadonlyMap<string, Tensor>
  readonly metadata: Readonly<Record<string, string>>
}

const longestHeader = 100 * 2 ** 20
const bytesPer = { F32: 4, F64: 8, I8: 1, I32: 4, I64: 8, F16: 2, BF16: 2 } as const
type Type = keyof typeof bytesPer

const size = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const EntrySchema = v.object({
  dtype: v.string(),
  shape: v.pipe(v.array(size), v.maxLength(16)),
  data_offsets: v.tuple([size, size])
})
/** Texts by name. Not a `v.record`, which leaves out names such as `constructor`. */
const MetadataSchema = v.custom<Readonly<Record<string, string>>>(
  value => typeof value === 'object' && value !== null && Object.values(value).every(text => typeof text === 'string')
)

function typeOf(values: StoredValues): Type {
  if (values instanceof Uint16Array) return 'F16'
  if (values instanceof Float32Array) return 'F32'
  if (values instanceof Float64Array) return 'F64'
  if (values instanceof Int8Array) return 'I8'
  return values instanceof Int32Array ? 'I32' : 'I64'
}

/**
 * The first bytes of a file, up to the tensors' own: for writing large tensors without a copy of them all.
 * The tensors' bytes must follow in the order given.
 */
export function encodeSafetensorsHeader(
  tensors: readonly { readonly name: string; readonly shape: readonly number[]; readonly values: StoredValues }[],
  metadata: Readonly<Record<string, string>> = {}
): Uint8Array {
  // Without a prototype, so that every name is a name like any other: __proto__ too.
  const header = Object.create(null) as Record<string, unknown>
  if (Object.keys(metadata).length > 0) header['__metadata__'] = metadata
  let offset = 0
  for (const { name, shape, values } of tensors) {
    if (elements(shape) !== values.length)
      throw new LabFailure('parameter-shape', `Expected ${elements(shape)} values for ${name} but received ${values.length}.`, {
        name,
        expected: elements(shape),
        received: values.length
      })
    header[name] = { dtype: typeOf(values), shape, data_offsets: [offset, (offset += values.byteLength)] }
  }
  const text = JSON.stringify(header)
  // Padded with spaces, as the reference writer does, so that the tensors begin at a multiple of eight.
  const encoded = new TextEncoder().encode(text)
  const bytes = new Uint8Array(8 + Math.ceil(encoded.length / 8) * 8).fill(0x20)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(bytes.length - 8), true)
  bytes.set(encoded, 8)
  return bytes
}

/** A whole file; tensors stand in the order of the map. */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, Tensor<StoredValues>>,
  metadata: Readonly<Record<string, string>> = {}
): Uint8Array {
  const list = [...tensors].map(([name, tensor]) => ({ name, ...tensor }))
  const header = encodeSafetensorsHeader(list, metadata)
  const bytes = new Uint8Array(list.reduce((sum, tensor) => sum + tensor.values.byteLength, header.length))
  bytes.set(header)
  let offset = header.length
  for (const { values } of list) {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), offset)
    offset += values.byteLength
  }
  return bytes
}

/**
 * Reads a file. F32, F64, I8, I32 and I64 are kept; F16 and BF16 become float32.
 * @param source how the file is called in messages
 * @throws LabFailure `safetensors-damaged`: details.reason says what is wrong and where
 */
export function decodeSafetensors(bytes: Uint8Array, source = 'the safetensors file'): Safetensors {
  const damaged = (reason: string): never => {
    throw new LabFailure('safetensors-damaged', `Expected a whole safetensors file but ${source} is damaged: ${reason}.`, {
      source,
      reason
    })
  }
  if (bytes.length < 8) damaged(`it has ${bytes.length} bytes, and its header's length alone takes eight`)
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true))
  if (length > longestHeader || 8 + length > bytes.length)
    damaged(`its header should be ${length} bytes long, and the file has ${bytes.length}`)
  let header: unknown
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, 8 + length)))
  } catch {
    damaged('its header is no JSON')
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) damaged('its header is no JSON object')

  const { __metadata__: stated = {}, ...entries } = header as Record<string, unknown>
  const metadata = v.safeParse(MetadataSchema, stated)
  if (!metadata.success) damaged('its metadata are no texts')
  // A plain array: `slice` of a Buffer would alias Node's pool.
  const data = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength).subarray(8 + length)
  const found: { name: string; begin: number; end: number; tensor: Tensor }[] = []
  for (const [name, entry] of Object.entries(entries)) {
    const read = v.safeParse(EntrySchema, entry)
    if (!read.success) return damaged(`the entry of ${name} is malformed`)
    const { dtype, shape, data_offsets } = read.output
    const [begin, end] = data_offsets
    if (!(dtype in bytesPer)) damaged(`${name} is of type ${dtype}; expected one of ${Object.keys(bytesPer).join(', ')}`)
    const wanted = elements(shape) * bytesPer[dtype as Type]
    if (end - begin !== wanted || end > data.length)
      damaged(`${name} should take ${wanted} bytes but has the places ${begin} to ${end} of ${data.length}`)
    found.push({
      name,
      begin,
      end,
      tensor: { shape, values: decodeValues(dtype as Type, new Uint8Array(data.subarray(begin, end))) }
    })
  }
  found.sort((a, b) => a.begin - b.begin || a.end - b.end)
  let place = 0
  for (const { name, begin, end } of found) {
    if (begin !== place) damaged(`${name} begins at ${begin} where ${place} was expected`)
    place = end
  }
  if (place !== data.length) damaged(`it has ${data.length - place} bytes that belong to no tensor`)
  return { tensors: new Map(found.map(({ name, tensor }) => [name, tensor])), metadata: metadata.success ? metadata.output : {} }
}

/** Values of a tensor's own bytes (a copy, so aligned). */
function decodeValues(type: Type, bytes: Uint8Array): TensorValues {
  const { buffer } = bytes
  switch (type) {
    case 'F32':
      return new Float32Array(buffer)
    case 'F64':
      return new Float64Array(buffer)
    case 'I8':
      return new Int8Array(buffer)
    case 'I32':
      return new Int32Array(buffer)
    case 'I64':
      return new BigInt64Array(buffer)
    case 'F16':
      return floatsOf(new Uint16Array(buffer))
    case 'BF16': {
      const words = Uint32Array.from(new Uint16Array(buffer), half => half * 2 ** 16)
      return new Float32Array(words.buffer)
    }
  }
}
