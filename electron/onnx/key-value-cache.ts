/**
 * Keys and values of several streams in arrays of JavaScript's own, laid out as the `delta` form reads them:
 * one (rows, heads, capacity, headSize) array a layer and part. ONNX Runtime reads them where they lie; only
 * the new rows are ever written.
 */
import type { AttentionSizes } from './export-forms.ts'

/** Capacity grows in steps of this many positions. */
export const bucket = 64

export const parts = ['key', 'value'] as const
export type Part = (typeof parts)[number]

export class KeyValueCache {
  readonly #sizes: AttentionSizes
  /** By layer: keys, then values. Longer than the rows in use once streams have ended. */
  #arrays: Float32Array[]
  #lengths: number[]
  /** Never 0: the runtime's WebGPU crashes on tensors without elements. */
  #capacity = bucket

  /** @param rows streams, one row each */
  constructor(sizes: AttentionSizes, rows: number) {
    this.#sizes = sizes
    this.#arrays = Array.from({ length: 2 * sizes.layers }, () => new Float32Array(rows * this.#rowSize(bucket)))
    this.#lengths = new Array<number>(rows).fill(0)
  }

  /** Positions that each row holds. */
  get lengths(): readonly number[] {
    return this.#lengths
  }

  /** Positions that each row has room for; those beyond its length hold nothing. */
  get capacity(): number {
    return this.#capacity
  }

  /** (rows, heads, capacity, headSize), valid until the next append. */
  array(layer: number, part: Part): Float32Array {
    return this.#arrays[placeOf(layer, part)]!.subarray(0, this.#lengths.length * this.#rowSize(this.#capacity))
  }

  /** Keeps some rows, in rising order, and forgets the others. */
  keep(rows: readonly number[]): void {
    if (rows.length === this.#lengths.length) return
    const size = this.#rowSize(this.#capacity)
    for (const array of this.#arrays) rows.forEach((from, to) => array.copyWithin(to * size, from * size, (from + 1) * size))
    this.#lengths = rows.map(row => this.#lengths[row]!)
  }

  /**
   * Adds new positions.
   * @param counts positions of each row
   * @param width positions a row has in `fresh`; a row's own are the last ones
   * @param fresh (rows, heads, width, headSize) of each layer and part
   */
  append(counts: readonly number[], width: number, fresh: (layer: number, part: Part) => Float32Array): void {
    this.#reserve(Math.max(...counts.map((count, row) => this.#lengths[row]! + count)))
    const { layers, heads, headSize } = this.#sizes
    for (let layer = 0; layer < layers; layer++)
      for (const part of parts) {
        const from = fresh(layer, part)
        const to = this.#arrays[placeOf(layer, part)]!
        counts.forEach((count, row) => {
          for (let head = 0; head < heads; head++) {
            const block = row * heads + head
            const end = (block + 1) * width * headSize
            to.set(from.subarray(end - count * headSize, end), (block * this.#capacity + this.#lengths[row]!) * headSize)
          }
        })
      }
    this.#lengths = this.#lengths.map((length, row) => length + counts[row]!)
  }

  #reserve(length: number): void {
    if (length <= this.#capacity) return
    const { heads, headSize } = this.#sizes
    const capacity = Math.ceil(length / bucket) * bucket
    const [before, after] = [this.#capacity * headSize, capacity * headSize]
    this.#arrays = this.#arrays.map(array => {
      const grown = new Float32Array(this.#lengths.length * heads * after)
      for (let block = 0; block < this.#lengths.length * heads; block++)
        grown.set(array.subarray(block * before, (block + 1) * before), block * after)
      return grown
    })
    this.#capacity = capacity
  }

  #rowSize(capacity: number): number {
    return this.#sizes.heads * capacity * this.#sizes.headSize
  }
}

const placeOf = (layer: number, part: Part): number => 2 * layer + (part === 'key' ? 0 : 1)
