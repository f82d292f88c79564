/**
 * Values as text and back, with the types that Electron's messages carry here: JSON, undefined, numbers
 * that JSON cannot write, typed arrays. This function is also run in the page, as source: it stands alone.
 */
export function cloning() {
  const toBase64 = (bytes: Uint8Array) => {
    let text = ''
    for (let start = 0; start < bytes.length; start += 0x8000)
      text += String.fromCharCode(...bytes.subarray(start, start + 0x8000))
    return btoa(text)
  }
  const fromBase64 = (text: string) => {
    const characters = atob(text)
    const bytes = new Uint8Array(characters.length)
    for (let place = 0; place < bytes.length; place++) bytes[place] = characters.charCodeAt(place)
    return bytes
  }
  const types: Record<string, new (buffer: ArrayBuffer) => ArrayBufferView> = {
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
  }

  /** Every value becomes a pair [kind, content]; `special` takes what is no data (functions, promises). */
  function pack(value: unknown, special?: (value: unknown) => unknown): unknown {
    const other = special?.(value)
    if (other !== undefined) return other
    if (value === undefined) return ['undefined']
    if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0)))
      return ['number', Object.is(value, -0) ? '-0' : String(value)]
    if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      return ['plain', value]
    if (Array.isArray(value)) return ['array', value.map(item => pack(item, special))]
    if (ArrayBuffer.isView(value)) {
      const type = Object.prototype.toString.call(value).slice(8, -1)
      if (types[type]) return [type, toBase64(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))]
    } else if (typeof value === 'object' && Object.prototype.toString.call(value) === '[object Object]')
      return ['object', Object.entries(value).map(([key, item]) => [key, pack(item, special)])]
    throw new Error('An object could not be cloned.')
  }

  function unpack(packed: unknown, special?: (kind: string, content: unknown) => unknown): unknown {
    const [kind, content] = packed as [string, unknown]
    switch (kind) {
      case 'undefined':
        return undefined
      case 'number':
        return Number(content)
      case 'plain':
        return content
      case 'array':
        return (content as unknown[]).map(item => unpack(item, special))
      case 'object':
        return Object.fromEntries((content as [string, unknown][]).map(([key, item]) => [key, unpack(item, special)]))
      default:
        return types[kind] ? new types[kind](fromBase64(content as string).buffer) : special!(kind, content)
    }
  }

  return { pack, unpack }
}
