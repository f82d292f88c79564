/** Streams over the `delta` form: the past is read where it lies in JavaScript's arrays, only new rows come back. */
import { Tensor, type InferenceSession } from 'onnxruntime-node'
import type { StreamModel, StreamTokens } from '../sampling/decode-streams.ts'
import { unseen } from './attention.ts'
import type { AttentionSizes } from './export-forms.ts'
import { KeyValueCache, parts } from './key-value-cache.ts'
import { floatsOfTensor, padRows } from './padded-rows.ts'

export class DeltaStreams implements StreamModel {
  #cache: KeyValueCache | undefined
  /** Stream of each of the cache's rows. */
  #streams: readonly number[] = []

  constructor(
    readonly session: InferenceSession,
    readonly sizes: AttentionSizes,
    readonly context: number
  ) {}

  async feed(added: readonly StreamTokens[]): Promise<readonly Float32Array[]> {
    const cache = this.#rowsFor(added)
    const rows = added.map(({ tokens }) => tokens)
    const { width, ids, positions } = padRows(rows, cache.lengths)
    const { layers, heads, headSize } = this.sizes
    const feeds: Record<string, Tensor> = { input_ids: ids, position_ids: positions, mask: maskOf(rows, width, cache) }
    const shape = [rows.length, heads, cache.capacity, headSize]
    for (let layer = 0; layer < layers; layer++)
      for (const part of parts) feeds[`past.${layer}.${part}`] = new Tensor('float32', cache.array(layer, part), shape)
    const results = await this.session.run(feeds)
    const result = (name: string) => floatsOfTensor(results[name] as Tensor)
    cache.append(
      rows.map(row => row.length),
      width,
      (layer, part) => result(`new.${layer}.${part}`)
    )
    const logits = result('logits')
    const vocabulary = logits.length / rows.length
    return rows.map((_, row) => logits.subarray(row * vocabulary, (row + 1) * vocabulary))
  }

  /** The cache with one row for each of these streams, in their order. */
  #rowsFor(added: readonly StreamTokens[]): KeyValueCache {
    const streams = added.map(({ stream }) => stream)
    const rows = streams.map(stream => this.#streams.indexOf(stream))
    this.#streams = streams
    if (!this.#cache) return (this.#cache = new KeyValueCache(this.sizes, streams.length))
    this.#cache.keep(rows)
    return this.#cache
  }
}

/** 0 where a token may see a position, `unseen` elsewhere: (rows, 1, width, capacity + width). */
function maskOf(rows: readonly Int32Array[], width: number, { capacity, lengths }: KeyValueCache): Tensor {
  const columns = capacity + width
  const mask = new Float32Array(rows.length * width * columns).fill(unseen)
  rows.forEach((row, r) => {
    for (let t = width - row.length; t < width; t++) {
      const begin = (r * width + t) * columns
      mask.fill(0, begin, begin + lengths[r]!)
      mask.fill(0, begin + capacity + width - row.length, begin + capacity + t + 1)
    }
  })
  return new Tensor('float32', mask, [rows.length, 1, width, columns])
}
