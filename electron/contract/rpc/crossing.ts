/**
 * What may cross a process: JSON values and typed arrays, nothing else.
 *
 * Both transports send the same copy, so that a value which only one of them could carry (a Map, a
 * Date, a class, a reactive proxy) fails on both.
 */
import { LabFailure } from '../failure.ts'

/** Typed arrays that may cross, by name. */
export const arrayTypes = {
  Int8Array,
  Uint8Array,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array
} as const
export type ArrayTypeName = keyof typeof arrayTypes
export type CrossingArray = InstanceType<(typeof arrayTypes)[ArrayTypeName]>

/** Name of a typed array's kind, or undefined for one that may not cross. A Node buffer counts as its bytes. */
export function arrayTypeOf(value: ArrayBufferView): ArrayTypeName | undefined {
  const name = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)!.get!.call(
    value
  ) as string | undefined
  return name !== undefined && Object.hasOwn(arrayTypes, name) ? (name as ArrayTypeName) : undefined
}

/**
 * A copy that holds plain values only. Typed arrays that see a part of their buffer (Node's pooled
 * buffers do) or a shared one are copied, since a structured clone would send the whole buffer.
 * Properties that are undefined are left out, as JSON leaves them out.
 * @throws LabFailure `not-plain-data`, naming the place
 */
export function crossing(value: unknown, place = 'value'): unknown {
  if (value === null || value === undefined) return value
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
      return value
    case 'object':
      return crossingObject(value, place)
    default:
      throw refused(place, typeof value)
  }
}

function crossingObject(value: object, place: string): unknown {
  if (ArrayBuffer.isView(value)) {
    const type = arrayTypeOf(value)
    if (!type) throw refused(place, Object.prototype.toString.call(value).slice(8, -1))
    const array = value as CrossingArray
    const whole =
      array.byteLength === array.buffer.byteLength &&
      array.buffer instanceof ArrayBuffer &&
      array.constructor === arrayTypes[type]
    // Not `array.slice()`: on a Node buffer that is a view of the pool.
    return whole
      ? array
      : Object.getPrototypeOf(arrayTypes[type].prototype).slice.call(
          new arrayTypes[type](array.buffer as ArrayBuffer, array.byteOffset, array.length)
        )
  }
  if (Array.isArray(value))
    return Array.from(value, (item, index) => {
      if (item === undefined) throw refused(`${place}[${index}]`, 'undefined')
      return crossing(item, `${place}[${index}]`)
    })
  // A plain object of any realm: its prototype is the last of its chain. Maps, dates and classes have one more.
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null)
    throw refused(place, Object.prototype.toString.call(value).slice(8, -1))
  const copy: Record<string, unknown> = {}
  for (const [key, item] of Object.entries(value))
    if (item !== undefined)
      Object.defineProperty(copy, key, {
        value: crossing(item, `${place}.${key}`),
        enumerable: true,
        writable: true,
        configurable: true
      })
  return copy
}

function refused(place: string, received: string): LabFailure {
  return new LabFailure('not-plain-data', `Expected JSON values and typed arrays for ${place} but received ${received}.`, {
    place,
    received
  })
}
