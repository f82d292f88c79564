/**
 * Frames as bytes, for transports that carry bytes only.
 *
 *   0   u32 little endian: length of the header
 *   4   header, JSON in UTF-8: { frame, arrays: [[path, type, offset, length]], numbers: [[path, text]] }
 *       spaces up to a multiple of 8
 *   …   the arrays' elements, little endian, each at a multiple of 8
 *
 * Typed arrays stand outside the JSON, at the place that `path` names in `frame`; so do the numbers
 * that JSON cannot write (NaN, infinities, −0). Offsets count from the end of the padded header.
 */
import { LabFailure } from '../failure.ts'
import { arrayTypeOf, arrayTypes, crossing, type ArrayTypeName, type CrossingArray } from './crossing.ts'

type Path = readonly (string | number)[]
interface Header {
  readonly frame: unknown
  readonly arrays?: readonly [path: Path, type: ArrayTypeName, offset: number, length: number][]
  readonly numbers?: readonly [path: Path, text: string][]
}

const align = (offset: number) => Math.ceil(offset / 8) * 8

/** A frame as bytes. @throws LabFailure `not-plain-data` */
export function encodeFrame(frame: unknown): Uint8Array<ArrayBuffer> {
  const arrays: [Path, ArrayTypeName, number, number][] = []
  const numbers: [Path, string][] = []
  const sources: CrossingArray[] = []
  const path: (string | number)[] = []
  let body = 0

  /** The value at a key with arrays and unwritable numbers taken out. */
  function stripAt(key: string | number, value: unknown): unknown {
    path.push(key)
    const stripped = strip(value)
    path.pop()
    return stripped
  }

  function strip(value: unknown): unknown {
    if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))) {
      numbers.push([[...path], Object.is(value, -0) ? '-0' : String(value)])
      return null
    }
    if (typeof value !== 'object' || value === null) return value
    if (ArrayBuffer.isView(value)) {
      const array = value as CrossingArray
      arrays.push([[...path], arrayTypeOf(array)!, body, array.length])
      sources.push(array)
      body = align(body + array.byteLength)
      return null
    }
    if (Array.isArray(value)) return value.map((item, index) => stripAt(index, item))
    const copy: Record<string, unknown> = {}
    for (const [key, item] of Object.entries(value))
      Object.defineProperty(copy, key, { value: stripAt(key, item), enumerable: true })
    return copy
  }

  const stripped = strip(crossing(frame, 'frame'))
  const header: Header = { frame: stripped, ...(arrays.length && { arrays }), ...(numbers.length && { numbers }) }
  const json = new TextEncoder().encode(JSON.stringify(header))
  const start = align(4 + json.length)
  const message = new Uint8Array(start + body)
  new DataView(message.buffer).setUint32(0, json.length, true)
  message.set(json, 4)
  message.fill(0x20, 4 + json.length, start)
  sources.forEach((array, index) =>
    message.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), start + arrays[index]![2])
  )
  return message
}

/**
 * The frame in a message. Every array has a buffer of its own.
 * @throws LabFailure `damaged-message` for bytes that are no frame; nothing outside the message is ever read or written
 */
export function decodeFrame(message: Uint8Array): unknown {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength)
  if (message.length < 4) throw damaged('a header', `${message.length} bytes`)
  const headerLength = view.getUint32(0, true)
  if (4 + headerLength > message.length) throw damaged(`a header of ${headerLength} bytes`, `${message.length - 4} bytes`)
  const header = parse(message.subarray(4, 4 + headerLength))
  const root = { frame: header.frame }
  const body = align(4 + headerLength)
  for (const [path, type, offset, length] of header.arrays ?? []) {
    const Type = Object.hasOwn(arrayTypes, type) ? arrayTypes[type] : undefined
    if (!Type || !isCount(offset) || !isCount(length)) throw damaged('a typed array', `${type}, ${offset}, ${length}`)
    const from = body + offset
    const to = from + length * Type.BYTES_PER_ELEMENT
    if (to > message.length) throw damaged(`${to} bytes`, `${message.length} bytes`)
    // Not `message.slice`: on a Node buffer that is a view of the pool, and unaligned.
    place(root, path, new Type(Uint8Array.prototype.slice.call(message, from, to).buffer))
  }
  for (const [path, text] of header.numbers ?? []) place(root, path, Number(text))
  return root.frame
}

function parse(json: Uint8Array): Header {
  try {
    const header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json)) as Partial<Header> | null
    const tables = [header?.arrays ?? [], header?.numbers ?? []]
    const sound = tables.every(table => Array.isArray(table) && table.every(row => Array.isArray(row) && Array.isArray(row[0])))
    if (typeof header === 'object' && header !== null && sound) return header as Header
  } catch {
    // Told below.
  }
  throw damaged('a JSON header', `${json.length} other bytes`)
}

/** Puts a value where the header left null. Only places that are really there: a path like `__proto__` reaches nothing. */
function place(root: { frame: unknown }, path: Path, value: unknown) {
  let target: Record<string | number, unknown> = root
  let key: string | number = 'frame'
  for (const next of path) {
    const inner = target[key]
    if (typeof inner !== 'object' || inner === null || ArrayBuffer.isView(inner) || !Object.hasOwn(inner, next))
      throw damaged('a place in the frame', path.join('.'))
    target = inner as Record<string | number, unknown>
    key = next
  }
  if (target[key] !== null) throw damaged('an empty place in the frame', path.join('.'))
  target[key] = value
}

const isCount = (value: unknown) => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0

function damaged(expected: string, received: string): LabFailure {
  return new LabFailure('damaged-message', `Expected ${expected} in a message but received ${received}.`, { expected, received })
}
