/** What an exported model is, without what writes it: the writer is loaded when there is something to write. */
import { LabFailure } from '../contract/failure.ts'
import type { Graph } from '../graph/graph.ts'
import type { AttentionNode } from './attention.ts'

/** See `export.ts`. */
export type ExportForm = 'full' | 'cached' | 'delta'
export type WeightForm = 'fp32' | 'fp16' | 'int8'

/** Changes when the files that the exporter writes do. */
export const exporterVersion = 3

/** Sizes that a cache needs to know. */
export interface AttentionSizes {
  readonly layers: number
  readonly heads: number
  readonly headSize: number
}

/** @throws LabFailure `export-form` when layers differ in heads or there are none */
export function attentionSizes(graph: Graph): AttentionSizes {
  const nodes = graph.nodes.filter((node): node is AttentionNode => node.op === 'attention')
  const first = nodes[0]
  const qkv = first && graph.nodes.find(node => node.out === first.qkv)
  if (!first || qkv?.op !== 'linear' || nodes.some(node => node.heads !== first.heads))
    throw new LabFailure('export-form', 'Expected attention layers with the same number of heads, each reading a linear layer.')
  const columns = shapeOf(graph, qkv.weight)[0]! / 3
  return { layers: nodes.length, heads: first.heads, headSize: columns / first.heads }
}

/** What a model says at each position, in the graph and in the file; the names are those of `Graph.outputs`. */
const modelOutputs = ['logits', 'scores', 'values', 'classes'] as const

/** @throws LabFailure `export-form` for a graph without such an output, and for decoding one without logits */
export function modelOutput(
  graph: Graph,
  form: ExportForm
): { readonly name: (typeof modelOutputs)[number]; readonly value: string; readonly columns: number } {
  const name = modelOutputs.find(name => graph.outputs[name] !== undefined)
  const value = name && graph.outputs[name]
  const head = graph.nodes.find(node => node.out === value)
  if (!name || !value || head?.op !== 'linear')
    throw new LabFailure('export-form', `Expected a model with ${modelOutputs.join(', ')} from a linear layer.`)
  if (name !== 'logits' && form !== 'full')
    throw new LabFailure('export-form', `Expected a model with logits but this one has ${name}: it cannot be decoded.`)
  return { name, value, columns: shapeOf(graph, head.weight)[0]! }
}

/** Shape of one of a graph's parameters. */
export function shapeOf(graph: Graph, parameter: string): readonly number[] {
  return graph.parameters.find(({ name }) => name === parameter)!.shape
}
