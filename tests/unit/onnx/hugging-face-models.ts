/**
 * Small decoders with random weights in the Hugging Face ONNX layout: a LLaMA-like one (RMS norm, rotary
 * positions, grouped key-value heads, SwiGLU), written here operation by operation in every arrangement of
 * files that exporters use, and the same model in 64-bit floats and plain loops.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MersenneTwister, torchNormal } from '../../../electron/graph/initialisation.ts'
import { elementTypeNumber, ModelWriter } from '../../../electron/onnx/model-writer.ts'
import { softmaxOf } from './plain-gpt.ts'

export interface LlamaSizes {
  readonly layers: number
  readonly heads: number
  /** Heads of keys and values; each serves heads / groups heads of queries. */
  readonly groups: number
  readonly headSize: number
  readonly hidden: number
  readonly vocabulary: number
  readonly context: number
}

export const smallLlama: LlamaSizes = { layers: 2, heads: 6, groups: 2, headSize: 10, hidden: 44, vocabulary: 71, context: 90 }

const channelsOf = ({ heads, headSize }: LlamaSizes) => heads * headSize
const epsilon = 1e-6
const theta = 10_000

export type Weights = ReadonlyMap<
  string,
  { readonly shape: readonly [number, number] | readonly [number]; readonly values: Float32Array }
>

/** Matrices are (in, out). */
export function llamaWeights(sizes: LlamaSizes, seed: number): Weights {
  const random = new MersenneTwister(seed)
  const { groups, headSize, hidden, vocabulary } = sizes
  const C = channelsOf(sizes)
  const weights = new Map<string, { shape: [number, number] | [number]; values: Float32Array }>()
  const matrix = (name: string, rows: number, columns: number) =>
    weights.set(name, { shape: [rows, columns], values: torchNormal(random, rows * columns, 0.2) })
  const gain = (name: string) => weights.set(name, { shape: [C], values: torchNormal(random, C, 0.1).map(value => 1 + value) })
  matrix('embed', vocabulary, C)
  for (let layer = 0; layer < sizes.layers; layer++) {
    gain(`${layer}.norm1`)
    matrix(`${layer}.q`, C, C)
    matrix(`${layer}.k`, C, groups * headSize)
    matrix(`${layer}.v`, C, groups * headSize)
    matrix(`${layer}.o`, C, C)
    gain(`${layer}.norm2`)
    matrix(`${layer}.gate`, C, hidden)
    matrix(`${layer}.up`, C, hidden)
    matrix(`${layer}.down`, hidden, C)
  }
  gain('norm')
  matrix('head', C, vocabulary)
  return weights
}

/** Angle of a position in a pair of columns (i, i + D/2). */
const angleOf = (position: number, i: number, headSize: number) => position * theta ** ((-2 * i) / headSize)

/** Logits (T, vocabulary) in 64-bit floats. */
export function runPlainLlama(sizes: LlamaSizes, weights: Weights, tokens: readonly number[]): number[][] {
  const { layers, heads, groups, headSize: D } = sizes
  const C = channelsOf(sizes)
  const linear = (x: number[][], name: string) => {
    const { shape, values } = weights.get(name)!
    const [rows, columns] = shape as [number, number]
    return x.map(row =>
      Array.from({ length: columns }, (_, o) => {
        let sum = 0
        for (let i = 0; i < rows; i++) sum += row[i]! * values[i * columns + o]!
        return sum
      })
    )
  }
  const norm = (x: number[][], name: string) =>
    x.map(row => {
      const scale = 1 / Math.sqrt(row.reduce((sum, v) => sum + v * v, 0) / C + epsilon)
      return row.map((v, i) => v * scale * weights.get(name)!.values[i]!)
    })
  const rotate = (row: number[], position: number) =>
    row.map((v, i) => {
      const half = D / 2
      const pair = i % half
      const angle = angleOf(position, pair, D)
      return v * Math.cos(angle) + (i < half ? -row[i + half]! : row[i - half]!) * Math.sin(angle)
    })
  const plus = (a: number[][], b: number[][]) => a.map((row, t) => row.map((v, i) => v + b[t]![i]!))
  const table = weights.get('embed')!.values
  let x = tokens.map(id => [...table.subarray(id * C, (id + 1) * C)])
  for (let layer = 0; layer < layers; layer++) {
    const normed = norm(x, `${layer}.norm1`)
    const [q, k, v] = ['q', 'k', 'v'].map(part => linear(normed, `${layer}.${part}`)) as [number[][], number[][], number[][]]
    const head = (rows: number[][], t: number, h: number) => rows[t]!.slice(h * D, (h + 1) * D)
    const seen = tokens.map((_, t) =>
      Array.from({ length: heads }, (_, h) => {
        const group = Math.floor(h / (heads / groups))
        const query = rotate(head(q, t, h), t)
        const scores = tokens.slice(0, t + 1).map((_, s) => {
          const key = rotate(head(k, s, group), s)
          return key.reduce((sum, value, i) => sum + value * query[i]!, 0) / Math.sqrt(D)
        })
        const out = new Array<number>(D).fill(0)
        softmaxOf(scores).forEach((p, s) => head(v, s, group).forEach((value, i) => (out[i]! += p * value)))
        return out
      }).flat()
    )
    x = plus(x, linear(seen, `${layer}.o`))
    const normed2 = norm(x, `${layer}.norm2`)
    const up = linear(normed2, `${layer}.up`)
    const gated = linear(normed2, `${layer}.gate`).map((row, t) => row.map((g, i) => (g / (1 + Math.exp(-g))) * up[t]![i]!))
    x = plus(x, linear(gated, `${layer}.down`))
  }
  return linear(norm(x, 'norm'), 'head')
}

/** How a graph is arranged. */
interface Arrangement {
  /** Keys and values of the past come in. */
  readonly past: boolean
  /** `position_ids` is an input; else positions are counted from the past's length. */
  readonly positions: boolean
  /** Keys, values and logits cross as halves. */
  readonly half: boolean
}

/** Names of the outputs, in order. */
const outputNames = ({ layers }: LlamaSizes) => [
  'logits',
  ...Array.from({ length: layers }, (_, layer) => [`present.${layer}.key`, `present.${layer}.value`]).flat()
]

/** Writes the operations; the inputs are there already. @param prefix of the outputs' names */
function writeLlama(
  w: ModelWriter,
  sizes: LlamaSizes,
  weights: Weights,
  { past, positions, half }: Arrangement,
  prefix = ''
): void {
  const { layers, heads, groups, headSize: D, context } = sizes
  const C = channelsOf(sizes)
  const weight = (name: string) => {
    const { shape, values } = weights.get(name)!
    return w.tensor(`weight.${name}`, 'float32', shape, values)
  }
  const linear = (x: string, name: string) => w.apply('MatMul', [x, weight(name)])
  const norm = (x: string, name: string) => {
    const mean = w.apply('ReduceMean', [w.apply('Mul', [x, x])], { axes: { ints: [-1] } })
    const root = w.apply('Sqrt', [w.apply('Add', [mean, w.scalar(epsilon)])])
    return w.apply('Mul', [w.apply('Div', [x, root]), weight(name)])
  }
  const cast = (x: string, type: 'float32' | 'float16', out?: string) =>
    w.apply('Cast', [x], { to: { int: elementTypeNumber(type) } }, out)
  const leave = (x: string, name: string) =>
    half ? cast(x, 'float16', prefix + name) : w.apply('Identity', [x], {}, prefix + name)
  const sizeOf = (x: string, axis: number) =>
    w.apply('Squeeze', [w.apply('Shape', [x], { start: { int: axis }, end: { int: axis + 1 } })])

  const total = sizeOf('attention_mask', 1)
  const before = w.apply('Sub', [total, sizeOf('input_ids', 1)])
  const counted = w.apply('Range', [before, total, w.integer(1)])
  const places = positions ? 'position_ids' : w.apply('Unsqueeze', [counted, w.integers([0])])
  const tableOf = (of: (x: number) => number) =>
    Float32Array.from({ length: context * D }, (_, i) => of(angleOf(Math.floor(i / D), i % (D / 2), D)))
  const [cos, sin] = (['cos', 'sin'] as const).map(name =>
    w.apply('Unsqueeze', [
      w.apply('Gather', [w.tensor(name, 'float32', [context, D], tableOf(Math[name])), places]),
      w.integers([1])
    ])
  ) as [string, string]
  const rotate = (x: string) => {
    const [a, b] = [`${x}.first`, `${x}.second`]
    w.applyMany('Split', [x, w.integers([D / 2, D / 2])], [a, b], { axis: { int: -1 } })
    const turned = w.apply('Concat', [w.apply('Neg', [b]), a], { axis: { int: -1 } })
    return w.apply('Add', [w.apply('Mul', [x, cos]), w.apply('Mul', [turned, sin])])
  }
  // Hidden: padding, and what comes later.
  const keys = w.apply('Range', [w.integer(0), total, w.integer(1)])
  const later = w.apply('Greater', [keys, w.apply('Unsqueeze', [counted, w.integers([1])])])
  const padding = w.apply('Unsqueeze', [w.apply('Equal', ['attention_mask', w.integer(0)]), w.integers([1, 2, 3])])
  const hidden = w.apply('Or', [padding, later])
  const mask = w.apply('Where', [hidden, w.scalar(-1e9), w.scalar(0)])

  let x = w.apply('Gather', [weight('embed'), 'input_ids'])
  for (let layer = 0; layer < layers; layer++) {
    const normed = norm(x, `${layer}.norm1`)
    const split = (part: string, count: number) =>
      w.apply('Transpose', [w.apply('Reshape', [linear(normed, `${layer}.${part}`), w.integers([0, 0, count, D])])], {
        perm: { ints: [0, 2, 1, 3] }
      })
    const withPast = (fresh: string, part: 'key' | 'value') => {
      const name = `past_key_values.${layer}.${part}`
      const all = past ? w.apply('Concat', [half ? cast(name, 'float32') : name, fresh], { axis: { int: 2 } }) : fresh
      leave(all, `present.${layer}.${part}`)
      return w.apply('Unsqueeze', [all, w.integers([2])])
    }
    const q = w.apply('Reshape', [rotate(split('q', heads)), w.integers([0, groups, heads / groups, -1, D])])
    const k = withPast(rotate(split('k', groups)), 'key')
    const v = withPast(split('v', groups), 'value')
    const scores = w.apply('MatMul', [q, w.apply('Transpose', [k], { perm: { ints: [0, 1, 2, 4, 3] } })])
    const scaled = w.apply('Mul', [scores, w.scalar(1 / Math.sqrt(D))])
    const probabilities = w.apply('Softmax', [w.apply('Add', [scaled, mask])], { axis: { int: -1 } })
    const heard = w.apply('Reshape', [w.apply('MatMul', [probabilities, v]), w.integers([0, heads, -1, D])])
    const joined = w.apply('Reshape', [w.apply('Transpose', [heard], { perm: { ints: [0, 2, 1, 3] } }), w.integers([0, 0, C])])
    x = w.apply('Add', [x, linear(joined, `${layer}.o`)])
    const normed2 = norm(x, `${layer}.norm2`)
    const gate = linear(normed2, `${layer}.gate`)
    const gated = w.apply('Mul', [w.apply('Mul', [gate, w.apply('Sigmoid', [gate])]), linear(normed2, `${layer}.up`)])
    x = w.apply('Add', [x, linear(gated, `${layer}.down`)])
  }
  leave(linear(norm(x, 'norm'), 'head'), 'logits')
}

function declareInputs(w: ModelWriter, { layers, groups, headSize }: LlamaSizes, { past, positions, half }: Arrangement): void {
  w.input('input_ids', 'int64', ['batch_size', 'sequence_length'])
  w.input('attention_mask', 'int64', ['batch_size', 'total_sequence_length'])
  if (positions) w.input('position_ids', 'int64', ['batch_size', 'sequence_length'])
  if (!past) return
  for (let layer = 0; layer < layers; layer++)
    for (const part of ['key', 'value'])
      w.input(`past_key_values.${layer}.${part}`, half ? 'float16' : 'float32', [
        'batch_size',
        groups,
        'past_sequence_length',
        headSize
      ])
}

function declareOutputs(w: ModelWriter, sizes: LlamaSizes, { half }: Arrangement, prefix = ''): void {
  const { groups, headSize, vocabulary } = sizes
  for (const name of outputNames(sizes))
    w.output(
      prefix + name,
      half ? 'float16' : 'float32',
      name === 'logits'
        ? ['batch_size', 'sequence_length', vocabulary]
        : ['batch_size', groups, 'total_sequence_length', headSize]
    )
}

function wholeLlama(sizes: LlamaSizes, weights: Weights, arrangement: Arrangement): Uint8Array {
  const w = new ModelWriter()
  declareInputs(w, sizes, arrangement)
  writeLlama(w, sizes, weights, arrangement)
  declareOutputs(w, sizes, arrangement)
  return w.finish('llama', 17)
}

/** Both branches in one file, as Optimum merges them. */
function mergedLlama(sizes: LlamaSizes, weights: Weights): Uint8Array {
  const w = new ModelWriter()
  const arrangement = { past: true, positions: true, half: false }
  declareInputs(w, sizes, arrangement)
  w.input('use_cache_branch', 'bool', [1])
  const branch = (past: boolean) => {
    const inner = new ModelWriter()
    writeLlama(inner, sizes, weights, { ...arrangement, past }, 'inner.')
    declareOutputs(inner, sizes, arrangement, 'inner.')
    return inner
  }
  w.applyMany('If', ['use_cache_branch'], outputNames(sizes), {
    then_branch: { graph: branch(true) },
    else_branch: { graph: branch(false) }
  })
  declareOutputs(w, sizes, arrangement)
  return w.finish('llama-merged', 17)
}

/** Arrangements of files that exporters write, by a name for people. */
export const arrangements = ['model', 'model without position_ids', 'merged', 'pair', 'half'] as const
export type LlamaFiles = (typeof arrangements)[number]

/** Writes the `onnx/` files of a LLaMA-like model into a folder. */
export async function writeLlamaFiles(folder: string, sizes: LlamaSizes, weights: Weights, files: LlamaFiles): Promise<void> {
  const write = (name: string, bytes: Uint8Array) => writeFile(join(folder, 'onnx', name), bytes)
  const usual = { past: true, positions: true, half: false }
  await mkdir(join(folder, 'onnx'), { recursive: true })
  switch (files) {
    case 'model':
      return write('model.onnx', wholeLlama(sizes, weights, usual))
    case 'model without position_ids':
      return write('model.onnx', wholeLlama(sizes, weights, { ...usual, positions: false }))
    case 'merged':
      return write('decoder_model_merged.onnx', mergedLlama(sizes, weights))
    case 'half':
      return write('model_fp16.onnx', wholeLlama(sizes, weights, { ...usual, half: true }))
    case 'pair':
      await write('decoder_model.onnx', wholeLlama(sizes, weights, { ...usual, past: false }))
      return write('decoder_with_past_model.onnx', wholeLlama(sizes, weights, usual))
  }
}
