/**
 * Attention in its four ONNX forms. All take queries, keys and values as one matrix (B·T, 3C) and give one (B·T, C).
 *
 * - `visible`: its probabilities are an output (full form).
 * - `standard`: opset 23's `Attention` with the past in and the present out (cached form).
 * - `decomposed`: the same of older operations, for providers that lack it (cached form).
 * - `delta`: the past stays the caller's; only the new rows of keys and values leave the graph, so
 *   that nothing is copied but what is new (several streams at once).
 */
import { LabFailure } from '../contract/failure.ts'
import type { GraphNode } from '../graph/graph.ts'
import type { ModelWriter } from './model-writer.ts'

export type AttentionNode = Extract<GraphNode, { op: 'attention' }>

/** Stands for "cannot be seen" in an additive mask: exp of it is 0, and rows that see nothing stay finite. */
export const unseen = -1e30

/** What attention nodes of one model share. */
export interface AttentionScope {
  readonly writer: ModelWriter
  /** The shape (B, T, …columns) as a value. */
  readonly perToken: (columns: readonly number[]) => string
  /** Columns of a head. */
  readonly headSize: number
  /** Additive mask over (B or 1, 1, T or 1, keys); undefined where everything is seen. */
  readonly mask?: string
}

/** One matrix multiplication gives (B, 3H, T, D) without a copy when T = 1: heads of queries, keys, values. */
function splitHeads({ writer, perToken, headSize }: AttentionScope, qkv: string, heads: number, keys: string[]): string[] {
  const parts = writer.apply('Reshape', [qkv, perToken([3 * heads, headSize])])
  const byHead = writer.apply('Transpose', [parts], { perm: { ints: [0, 2, 1, 3] } })
  writer.applyMany('Split', [byHead, writer.integers([heads, heads, heads])], keys, { axis: { int: 1 } })
  return keys
}

function joinHeads({ writer, headSize }: AttentionScope, seen: string, heads: number, out: string): string {
  const byPosition = writer.apply('Transpose', [seen], { perm: { ints: [0, 2, 1, 3] } })
  return writer.apply('Reshape', [byPosition, writer.integers([-1, heads * headSize])], {}, out)
}

function products({ writer }: AttentionScope, q: string, k: string): string {
  return writer.apply('MatMul', [q, writer.apply('Transpose', [k], { perm: { ints: [0, 1, 3, 2] } })])
}

function scaled({ writer, headSize }: AttentionScope, scores: string): string {
  return writer.apply('Mul', [scores, writer.scalar(1 / Math.sqrt(headSize))])
}

function softmaxed({ writer, mask }: AttentionScope, scores: string, out?: string): string {
  const masked = mask ? writer.apply('Add', [scores, mask]) : scores
  return writer.apply('Softmax', [masked], { axis: { int: -1 } }, out)
}

/** Full form: probabilities (B, H, T, T) under the name `probabilities`. */
export function visibleAttention(scope: AttentionScope, node: AttentionNode, probabilities: string): void {
  const [q, k, v] = splitHeads(
    scope,
    node.qkv,
    node.heads,
    ['q', 'k', 'v'].map(part => `${node.out}.${part}`)
  ) as [string, string, string]
  softmaxed(scope, scaled(scope, products(scope, q, k)), probabilities)
  joinHeads(scope, scope.writer.apply('MatMul', [probabilities, v]), node.heads, node.out)
}

/** Cached form, opset 23. The mask is over the keys alone; the operation itself hides what comes later. */
export function standardAttention(scope: AttentionScope, node: AttentionNode, layer: number): void {
  const { writer, perToken, headSize, mask = '' } = scope
  const parts = ['q', 'k', 'v'].map(part => `${node.out}.${part}`)
  const columns = node.heads * headSize
  const qkv = writer.apply('Reshape', [node.qkv, perToken([3 * columns])])
  writer.applyMany('Split', [qkv, writer.integers([columns, columns, columns])], parts, { axis: { int: -1 } })
  const seen = `${node.out}.byPosition`
  writer.applyMany(
    'Attention',
    [...parts, mask, `past_key_values.${layer}.key`, `past_key_values.${layer}.value`],
    [seen, `present.${layer}.key`, `present.${layer}.value`],
    {
      is_causal: { int: node.mask === 'causal' ? 1 : 0 },
      q_num_heads: { int: node.heads },
      kv_num_heads: { int: node.heads },
      scale: { float: 1 / Math.sqrt(headSize) }
    }
  )
  writer.apply('Reshape', [seen, writer.integers([-1, columns])], {}, node.out)
}

/** Cached form of older operations; the mask hides both padding and what comes later. */
export function decomposedAttention(scope: AttentionScope, node: AttentionNode, layer: number): void {
  const { writer } = scope
  const [q, k, v] = splitHeads(
    scope,
    node.qkv,
    node.heads,
    ['q', 'k', 'v'].map(part => `${node.out}.${part}`)
  ) as [string, string, string]
  const keys = writer.apply('Concat', [`past_key_values.${layer}.key`, k], { axis: { int: 2 } }, `present.${layer}.key`)
  const values = writer.apply('Concat', [`past_key_values.${layer}.value`, v], { axis: { int: 2 } }, `present.${layer}.value`)
  const probabilities = softmaxed(scope, scaled(scope, products(scope, q, keys)))
  joinHeads(scope, writer.apply('MatMul', [probabilities, values]), node.heads, node.out)
}

/** Delta form: `new.<layer>.key|value` (B, H, T, D) leave; the mask is over past and new keys. @param pastLength (1) int64 */
export function deltaAttention(scope: AttentionScope, node: AttentionNode, layer: number, pastLength: string): void {
  const { writer } = scope
  const [q, k, v] = splitHeads(scope, node.qkv, node.heads, [`${node.out}.q`, `new.${layer}.key`, `new.${layer}.value`]) as [
    string,
    string,
    string
  ]
  const scores = writer.apply('Concat', [products(scope, q, `past.${layer}.key`), products(scope, q, k)], { axis: { int: -1 } })
  // Scaled together: ONNX Runtime takes its way for single rows through products that it need not scale.
  const probabilities = softmaxed(scope, scaled(scope, scores))
  const last = writer.integers([-1])
  const ofPast = writer.apply('Slice', [probabilities, writer.integers([0]), pastLength, last])
  const ofNew = writer.apply('Slice', [probabilities, pastLength, writer.integers([2 ** 31 - 1]), last])
  const seen = writer.apply('Add', [writer.apply('MatMul', [ofPast, `past.${layer}.value`]), writer.apply('MatMul', [ofNew, v])])
  joinHeads(scope, seen, node.heads, node.out)
}

/** @throws LabFailure `export-form` for attention that sees what comes later: such a model cannot be decoded with a cache */
export function assertCausal(node: AttentionNode): void {
  if (node.mask !== 'causal')
    throw new LabFailure(
      'export-form',
      `Expected causal attention for a cached ONNX model but ${node.out} sees the whole sequence. Export the full form.`,
      { node: node.out }
    )
}
