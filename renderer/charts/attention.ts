/** Reading attention probabilities of shape (layers, heads, T, T): the row is the looking token. */

export interface AttentionShape {
  readonly layers: number
  readonly heads: number
  /** Tokens that were run. */
  readonly length: number
}

/** T of attention with the given number of layers and heads; 0 when there is none. */
export function attentionLength(values: ArrayLike<number>, layers: number, heads: number): number {
  return layers * heads > 0 ? Math.round(Math.sqrt(values.length / (layers * heads))) : 0
}

/** (T, T) of one head, as a view. */
export function attentionHead(
  values: Float32Array,
  { heads, length }: AttentionShape,
  layer: number,
  head: number
): Float32Array {
  const size = length * length
  const start = (layer * heads + head) * size
  return values.subarray(start, start + size)
}

/** (T) weights of one looking token, as a view. */
export function attentionRow(head: Float32Array, length: number, query: number): Float32Array {
  return head.subarray(query * length, (query + 1) * length)
}

/** The tokens looked at, strongest first. */
export function strongest(
  row: ArrayLike<number>,
  most: number,
  least = 0
): readonly { readonly key: number; readonly weight: number }[] {
  return Array.from(row, (weight, key) => ({ key, weight }))
    .filter(({ weight }) => weight > least)
    .sort((a, b) => b.weight - a.weight)
    .slice(0, most)
}
