/**
 * Streams over models that take the past in and give the present out, by Hugging Face's names. Streams of one
 * batch are padded on the left: padded places stay in the past and are hidden by the attention mask.
 */
import { Tensor, type InferenceSession } from 'onnxruntime-node'
import type { StreamModel, StreamTokens } from '../sampling/decode-streams.ts'
import { floatsOf } from '../graph/half.ts'
import { padRows } from './padded-rows.ts'

/** How a model of this layout is run. */
export interface PresentModel {
  /** Runs with an empty past. */
  readonly first: InferenceSession
  /** Runs with a past; the same session where one does both. */
  readonly later: InferenceSession
  /** Whether `use_cache_branch` says which branch of the model runs. */
  readonly merged: boolean
  readonly layers: number
  /** Heads of keys and values: fewer than the model's heads where queries share them. */
  readonly heads: number
  readonly headSize: number
  /** Type of keys and values. */
  readonly type: 'float32' | 'float16'
  readonly context: number
}

/** Streams that are run as one batch. */
interface Batch {
  streams: readonly number[]
  /** Presents of the last run, which are the past of the next, by the name of the input. */
  past: ReadonlyMap<string, Tensor>
  /** Positions in the past, padding included. */
  length: number
  /** Padded positions at the beginning of each row. */
  padding: readonly number[]
}

export class PresentStreams implements StreamModel {
  #batches: Batch[] = []

  constructor(readonly model: PresentModel) {}

  get context(): number {
    return this.model.context
  }

  async feed(added: readonly StreamTokens[]): Promise<readonly Float32Array[]> {
    if (this.#batches.length === 0) this.#batches = this.#batchesOf(added)
    const tokensOf = new Map(added.map(({ stream, tokens }) => [stream, tokens]))
    const logits = new Map<number, Float32Array>()
    for (const batch of this.#batches) {
      keep(
        batch,
        batch.streams.flatMap((stream, row) => (tokensOf.has(stream) ? [row] : []))
      )
      if (batch.streams.length === 0) continue
      const rows = await this.#run(
        batch,
        batch.streams.map(stream => tokensOf.get(stream)!)
      )
      batch.streams.forEach((stream, row) => logits.set(stream, rows[row]!))
    }
    return added.map(({ stream }) => logits.get(stream)!)
  }

  /** One batch; without `position_ids` a model counts padding as positions, so then each length is a batch of its own. */
  #batchesOf(added: readonly StreamTokens[]): Batch[] {
    const groups = new Map<number, number[]>()
    const padded = this.model.first.inputNames.includes('position_ids') && this.model.first.inputNames.includes('attention_mask')
    for (const { stream, tokens } of added) {
      const group = padded ? 0 : tokens.length
      groups.set(group, [...(groups.get(group) ?? []), stream])
    }
    const { layers, heads, headSize, type } = this.model
    return [...groups.values()].map(streams => ({
      streams,
      past: new Map(
        pastNames(layers).map(name => {
          const shape = [streams.length, heads, 0, headSize]
          return [
            name,
            type === 'float16'
              ? new Tensor('float16', new Uint16Array(0), shape)
              : new Tensor('float32', new Float32Array(0), shape)
          ]
        })
      ),
      length: 0,
      padding: streams.map(() => 0)
    }))
  }

  async #run(batch: Batch, rows: readonly Int32Array[]): Promise<Float32Array[]> {
    const isFirst = batch.length === 0
    const session = isFirst ? this.model.first : this.model.later
    const { width, ids, positions } = padRows(
      rows,
      batch.padding.map(padding => batch.length - padding)
    )
    if (isFirst) batch.padding = rows.map(row => width - row.length)
    const total = batch.length + width
    const mask = new BigInt64Array(rows.length * total).fill(1n)
    batch.padding.forEach((padding, row) => mask.fill(0n, row * total, row * total + padding))
    const offered = new Map<string, Tensor>([
      ['input_ids', ids],
      ['position_ids', positions],
      ['attention_mask', new Tensor('int64', mask, [rows.length, total])],
      ['use_cache_branch', new Tensor('bool', [!isFirst], [1])],
      ...batch.past
    ])
    const results = await session.run(Object.fromEntries(session.inputNames.map(name => [name, offered.get(name)!])))
    batch.past = new Map(
      pastNames(this.model.layers).map(name => [name, results[name.replace('past_key_values', 'present')] as Tensor])
    )
    batch.length = total
    return lastRows(results['logits'] as Tensor)
  }
}

function pastNames(layers: number): string[] {
  return Array.from({ length: layers }, (_, layer) => ['key', 'value'].map(part => `past_key_values.${layer}.${part}`)).flat()
}

/** Forgets the rows of streams that have ended. */
function keep(batch: Batch, rows: readonly number[]): void {
  if (rows.length === batch.streams.length) return
  batch.streams = rows.map(row => batch.streams[row]!)
  batch.padding = rows.map(row => batch.padding[row]!)
  batch.past = new Map([...batch.past].map(([name, tensor]) => [name, rowsOf(tensor, rows)]))
}

function rowsOf(tensor: Tensor, rows: readonly number[]): Tensor {
  const [count, ...shape] = tensor.dims as [number, ...number[]]
  const data = valuesOf(tensor)
  const size = data.length / count
  const kept = data instanceof Float32Array ? new Float32Array(rows.length * size) : new Uint16Array(rows.length * size)
  rows.forEach((row, i) => kept.set(data.subarray(row * size, (row + 1) * size), i * size))
  return new Tensor(tensor.type, kept, [rows.length, ...shape])
}

/** Logits (rows, positions, vocabulary) at the last position of each row. */
function lastRows(logits: Tensor): Float32Array[] {
  const [count, positions, vocabulary] = logits.dims as [number, number, number]
  const data = valuesOf(logits)
  return Array.from({ length: count }, (_, row) => {
    const end = (row + 1) * positions * vocabulary
    const values = data.subarray(end - vocabulary, end)
    return values instanceof Float32Array ? values : floatsOf(values)
  })
}

/** Halves as their bits, whatever array this version of JavaScript gives them. */
function valuesOf({ data, type }: Tensor): Float32Array | Uint16Array {
  if (type === 'float32') return data as Float32Array
  const halves = data as Uint16Array
  return new Uint16Array(halves.buffer, halves.byteOffset, halves.length)
}
