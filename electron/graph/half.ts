/** IEEE 754 half precision (binary16), as ONNX and safetensors store it. */

const float = new Float32Array(1)
const bits = new Uint32Array(float.buffer)

/** Bits of the nearest half, ties to even; too large becomes infinity. */
export function toHalf(value: number): number {
  float[0] = value
  const x = bits[0]!
  const sign = (x >>> 16) & 0x8000
  const magnitude = x & 0x7fffffff
  if (magnitude > 0x7f800000) return sign | 0x7e00
  if (magnitude >= 0x47800000) return sign | 0x7c00
  if (magnitude < 0x38800000) {
    // Below 2^-14 a half has no leading one: adding 0.5 lines the bits up and rounds them.
    bits[0] = magnitude
    float[0] = float[0]! + 0.5
    return sign | (bits[0]! - 0x3f000000)
  }
  return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13)
}

/** Value of a half's bits. */
export function fromHalf(half: number): number {
  const exponent = (half >>> 10) & 31
  const fraction = half & 1023
  const sign = half & 0x8000 ? -1 : 1
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction ? NaN : sign * Infinity
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

export function halvesOf(floats: Float32Array): Uint16Array {
  const halves = new Uint16Array(floats.length)
  for (let i = 0; i < floats.length; i++) halves[i] = toHalf(floats[i]!)
  return halves
}

/** The value of each half; there are 65,536. */
let values: Float32Array | undefined

export function floatsOf(halves: Uint16Array): Float32Array {
  values ??= Float32Array.from({ length: 2 ** 16 }, (_, half) => fromHalf(half))
  const floats = new Float32Array(halves.length)
  for (let i = 0; i < halves.length; i++) floats[i] = values[halves[i]!]!
  return floats
}
