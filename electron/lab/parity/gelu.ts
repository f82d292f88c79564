/** The engine's GELU, alone and fused into a product, against the exact form. */
import type { Engine } from '../../engine/plan.ts'
import type { Graph, GraphNode } from '../../graph/graph.ts'
import { gelu } from '../../measures/error-function.ts'
import { largestDifference, type ParityOptions } from './quantity.ts'

const side = 181

/** Rows of the table, handed through GELU; `fused` puts a product with the identity before it. */
function geluGraph(fused: boolean): Graph {
  const nodes: GraphNode[] = [{ op: 'embedding', out: 'x', tokens: 'tokens', table: 'table' }]
  if (fused) nodes.push({ op: 'linear', out: 'product', x: 'x', weight: 'identity' })
  nodes.push({ op: 'gelu', out: 'logits', x: fused ? 'product' : 'x' })
  const parameter = (name: string) => ({ name, shape: [side, side], init: { kind: 'zeros' } }) as const
  return {
    name: 'gelu',
    context: side,
    vocabulary: side,
    inputs: [{ name: 'tokens', type: 'int32', per: 'token' }],
    parameters: [parameter('table'), ...(fused ? [parameter('identity')] : [])],
    nodes,
    outputs: { logits: 'logits' },
    residuals: []
  }
}

/** 32,761 numbers from −10 to 10, evenly. */
export function geluGrid(): Float32Array {
  const count = side * side
  return Float32Array.from({ length: count }, (_, i) => -10 + (20 * i) / (count - 1))
}

/** The engine's GELU of the grid. */
export async function engineGelu(engine: Engine, fused: boolean, { threads, simd }: ParityOptions): Promise<Float32Array> {
  const plan = engine.compile(geluGraph(fused), { batch: 1, length: side, threads, ...(simd && { simd }) })
  try {
    const identity = new Float32Array(side * side)
    for (let i = 0; i < side; i++) identity[i * (side + 1)] = 1
    await plan.writeParameters(new Map([['table', geluGrid()], ...(fused ? [['identity', identity] as const] : [])]))
    return await plan.logits(
      Int32Array.from({ length: side }, (_, i) => i),
      side
    )
  } finally {
    await plan.close()
  }
}

/** Largest absolute error on the grid. */
export async function geluError(engine: Engine, options: ParityOptions): Promise<number> {
  const exact = Float64Array.from(geluGrid(), gelu)
  const errors = [false, true].map(async fused => largestDifference(await engineGelu(engine, fused, options), exact))
  return Math.max(...(await Promise.all(errors)))
}
