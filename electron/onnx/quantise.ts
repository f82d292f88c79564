/** Linear weights as 8-bit integers, in the form of ONNX Runtime's `MatMulNBits` (docs/ContribOperators.md). */

/** Values that share one scale, along the input channels. */
export const blockSize = 32

export interface QuantisedWeight {
  /** (rows, blocks, blockSize): value = (byte − 128) · scale. */
  readonly bytes: Uint8Array
  /** (rows · blocks). */
  readonly scales: Float32Array
  readonly blocks: number
}

/**
 * Rounds each block of 32 to −127…127 times its largest magnitude / 127. The last block of a row is padded with zeros.
 * @param weight (rows, columns) row-major, as PyTorch's linear layers store it
 */
export function quantise(weight: Float32Array, rows: number, columns: number): QuantisedWeight {
  const blocks = Math.ceil(columns / blockSize)
  const bytes = new Uint8Array(rows * blocks * blockSize).fill(128)
  const scales = new Float32Array(rows * blocks)
  for (let row = 0; row < rows; row++)
    for (let block = 0; block < blocks; block++) {
      const from = row * columns + block * blockSize
      const to = Math.min(from + blockSize, (row + 1) * columns)
      let largest = 0
      for (let i = from; i < to; i++) largest = Math.max(largest, Math.abs(weight[i]!))
      const place = row * blocks + block
      const scale = Math.fround(largest / 127)
      scales[place] = scale
      if (scale > 0) for (let i = from; i < to; i++) bytes[place * blockSize + i - from] = 128 + Math.round(weight[i]! / scale)
    }
  return { bytes, scales, blocks }
}
