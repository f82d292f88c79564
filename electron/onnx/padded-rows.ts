/** Token rows of different lengths as one batch, padded on the left, so that every row's last token is the last column. */
import { Tensor } from 'onnxruntime-node'

export interface PaddedRows {
  /** Columns. */
  readonly width: number
  /** (rows, width) int64; 0 where a row is padded. */
  readonly ids: Tensor
  /** (rows, width) int64; 0 where a row is padded. */
  readonly positions: Tensor
}

/** @param starts position of each row's first token */
export function padRows(rows: readonly Int32Array[], starts: readonly number[]): PaddedRows {
  const width = Math.max(...rows.map(row => row.length))
  const ids = new BigInt64Array(rows.length * width)
  const positions = new BigInt64Array(rows.length * width)
  rows.forEach((row, r) => {
    const begin = (r + 1) * width - row.length
    for (let i = 0; i < row.length; i++) {
      ids[begin + i] = BigInt(row[i]!)
      positions[begin + i] = BigInt(starts[r]! + i)
    }
  })
  const shape = [rows.length, width]
  return { width, ids: new Tensor('int64', ids, shape), positions: new Tensor('int64', positions, shape) }
}

/** Values of a tensor on the CPU. @throws when it is of another type */
export function floatsOfTensor(tensor: Tensor): Float32Array {
  if (tensor.data instanceof Float32Array) return tensor.data
  throw new TypeError(`Expected float32 values but the model gave ${tensor.type}.`)
}
