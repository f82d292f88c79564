/** One small graph for each operation and each way in which it can be used, ending in a loss. */
import type { Graph, GraphNode, ParameterSpec } from '../../electron/graph/graph.ts'
import type { Shape } from './float64-graph.ts'

export interface OperationCase {
  readonly name: string
  readonly graph: Graph
  readonly shape: Shape
}

export interface Sizes extends Shape {
  readonly vocabulary: number
  readonly channels: number
  readonly hidden: number
  readonly targets: number
}

interface Value {
  readonly name: string
  readonly columns: number
}

/** Collects nodes and parameters; every method adds one operation. */
class GraphBuilder {
  readonly parameters: ParameterSpec[] = []
  readonly nodes: GraphNode[] = []

  constructor(readonly sizes: Sizes) {}

  parameter(shape: number[], name = `p${this.parameters.length}`, kind: 'normal' | 'ones' | 'zeros' = 'normal'): string {
    if (!this.parameters.some(known => known.name === name))
      this.parameters.push({ name, shape, init: kind === 'normal' ? { kind, deviation: 1 } : { kind } })
    return name
  }

  #add(node: GraphNode, columns: number): Value {
    this.nodes.push(node)
    return { name: node.out, columns }
  }

  get #out(): string {
    return `v${this.nodes.length}`
  }

  embedding({ positions = false, table = 'table' } = {}): Value {
    const { vocabulary, channels, length } = this.sizes
    const node = {
      op: 'embedding',
      out: this.#out,
      tokens: 'tokens',
      table: this.parameter([vocabulary, channels], table)
    } as const
    return this.#add(positions ? { ...node, positions: this.parameter([length, channels], 'positions') } : node, channels)
  }

  linear(x: Value, columns: number, { bias = false, weight }: { bias?: boolean; weight?: string } = {}): Value {
    const node = { op: 'linear', out: this.#out, x: x.name, weight: this.parameter([columns, x.columns], weight) } as const
    return this.#add(bias ? { ...node, bias: this.parameter([columns], undefined, 'zeros') } : node, columns)
  }

  layerNorm(x: Value, { bias = true } = {}): Value {
    const weight = this.parameter([x.columns], undefined, 'ones')
    const node = { op: 'layer-norm', out: this.#out, x: x.name, weight, epsilon: 1e-5 } as const
    return this.#add(bias ? { ...node, bias: this.parameter([x.columns], undefined, 'zeros') } : node, x.columns)
  }

  attention(qkv: Value, heads: number, mask: 'causal' | 'full' = 'causal', dropout = 0): Value {
    return this.#add({ op: 'attention', out: this.#out, qkv: qkv.name, heads, mask, dropout }, qkv.columns / 3)
  }

  gelu(x: Value): Value {
    return this.#add({ op: 'gelu', out: this.#out, x: x.name }, x.columns)
  }

  add(a: Value, b: Value): Value {
    return this.#add({ op: 'add', out: this.#out, a: a.name, b: b.name }, a.columns)
  }

  dropout(x: Value, p: number): Value {
    return this.#add({ op: 'dropout', out: this.#out, x: x.name, p }, x.columns)
  }

  /** Logits over the targets' vocabulary and their loss. */
  finish(x: Value, head?: string): Graph {
    const { length, targets } = this.sizes
    const logits = this.linear(x, targets, head === undefined ? {} : { weight: head })
    this.nodes.push({ op: 'cross-entropy', out: 'loss', logits: logits.name, targets: 'targets' })
    return {
      name: 'operation',
      context: length,
      vocabulary: targets,
      inputs: [
        { name: 'tokens', type: 'int32', per: 'token' },
        { name: 'targets', type: 'int32', per: 'token' }
      ],
      parameters: this.parameters,
      nodes: this.nodes,
      outputs: { logits: logits.name, loss: 'loss' },
      residuals: []
    }
  }
}

type Body = (g: GraphBuilder, sizes: Sizes) => Value

const attention =
  (heads: number, size: number, mask: 'causal' | 'full', dropout = 0): Body =>
  g =>
    g.attention(g.linear(g.embedding({ positions: true }), 3 * heads * size), heads, mask, dropout)

const bodies: Readonly<Record<string, Body>> = {
  embedding: g => g.embedding(),
  'embedding with positions': g => g.embedding({ positions: true }),
  'embedding with the table as another embedding': g => g.add(g.embedding(), g.embedding({ positions: true })),
  linear: (g, { hidden }) => g.linear(g.embedding(), hidden),
  'linear with bias': (g, { hidden }) => g.linear(g.embedding(), hidden, { bias: true }),
  'linear with a weight that another linear has too': (g, { channels }) =>
    g.linear(g.linear(g.embedding(), channels, { weight: 'shared', bias: true }), channels, { weight: 'shared' }),
  'linear, narrow': g => g.linear(g.embedding(), 1, { bias: true }),
  'layer norm': (g, { hidden }) => g.layerNorm(g.linear(g.embedding(), hidden)),
  'layer norm without bias': (g, { hidden }) => g.layerNorm(g.linear(g.embedding(), hidden), { bias: false }),
  'layer norm of what others read': g => {
    const x = g.embedding()
    return g.add(g.layerNorm(x), g.add(x, g.layerNorm(x, { bias: false })))
  },
  'gelu of an embedding': g => g.gelu(g.embedding()),
  'gelu of a product': (g, { hidden }) => g.gelu(g.linear(g.embedding(), hidden, { bias: true })),
  'gelu that two operations read': (g, { channels, hidden }) => {
    const x = g.gelu(g.linear(g.embedding(), hidden))
    return g.add(g.linear(x, channels), g.linear(x, channels, { bias: true }))
  },
  'gelu of a product that is read elsewhere': (g, { channels }) => {
    const x = g.linear(g.embedding(), channels)
    return g.add(g.gelu(x), x)
  },
  'gelu of a gelu': (g, { hidden }) => g.gelu(g.gelu(g.linear(g.embedding(), hidden))),
  'add of two products': (g, { hidden }) => {
    const x = g.embedding()
    return g.add(g.linear(x, hidden), g.linear(x, hidden, { bias: true }))
  },
  'add of a value and itself': g => {
    const x = g.embedding()
    return g.add(x, x)
  },
  'add of a product and its input': (g, { channels }) => {
    const x = g.embedding()
    return g.add(g.linear(x, channels, { bias: true }), x)
  },
  'a value that four operations read': (g, { channels }) => {
    const x = g.linear(g.embedding(), channels)
    return g.add(g.add(g.linear(x, channels), g.gelu(x)), g.add(g.layerNorm(x), x))
  },
  dropout: g => g.dropout(g.embedding(), 0.4),
  'dropout of a product, added': (g, { channels }) => {
    const x = g.embedding()
    return g.add(x, g.dropout(g.linear(x, channels, { bias: true }), 0.3))
  },
  'dropout of what others read': g => {
    const x = g.embedding()
    return g.add(g.dropout(x, 0.25), g.layerNorm(x))
  },
  'attention, causal, one head of one channel': attention(1, 1, 'causal'),
  'attention, causal, three heads of seven': attention(3, 7, 'causal'),
  'attention, causal, two heads of sixteen': attention(2, 16, 'causal'),
  'attention, causal, five heads of three': attention(5, 3, 'causal'),
  'attention, causal, one head of thirty-three': attention(1, 33, 'causal'),
  'attention, full, three heads of seven': attention(3, 7, 'full'),
  'attention, full, two heads of four': attention(2, 4, 'full'),
  'attention, causal, with dropout': attention(3, 5, 'causal', 0.35),
  'attention, full, with dropout': attention(2, 7, 'full', 0.2)
}

/** Every operation at the given sizes. */
export function operationCases(sizes: Sizes): OperationCase[] {
  const shape = { batch: sizes.batch, length: sizes.length }
  const cases = Object.entries(bodies).map(([name, body]) => {
    const builder = new GraphBuilder(sizes)
    return { name, shape, graph: builder.finish(body(builder, sizes)) }
  })
  // The table is the head's weight as well.
  const tied = new GraphBuilder({ ...sizes, targets: sizes.vocabulary })
  const graph = tied.finish(tied.layerNorm(tied.embedding({ positions: true })), 'table')
  return [...cases, { name: 'embedding tied to the head', shape, graph }]
}
