/** Small pictures of heads: shape (T, T) brought down to at most `most` × `most` cells, the largest value of each kept. */

/** Cells of one head, row after row, 0 … 1. */
export function thumbnail(
  head: ArrayLike<number>,
  length: number,
  most: number
): { readonly side: number; readonly cells: Float32Array } {
  const side = Math.min(length, most)
  const cells = new Float32Array(side * side)
  for (let row = 0; row < length; row++) {
    const to = Math.floor((row * side) / length) * side
    for (let key = 0; key <= row; key++) {
      const at = to + Math.floor((key * side) / length)
      const value = head[row * length + key]!
      if (value > cells[at]!) cells[at] = value
    }
  }
  return { side, cells }
}
