/** One small graph for each operation and each way in which it can be used, ending in a loss. */
import type { Batch } from '../../electron/engine/plan.ts'
import { tokenInputs } from '../../electron/graph/gpt.ts'
import type { Graph, GraphNode, InputSpec, ParameterSpec } from '../../electron/graph/graph.ts'
import type { Shape } from './float64-graph.ts'
import { integers, normals } from './small-models.ts'

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

  logProbabilities(logits: Value, temperature: number): Value {
    const node = { op: 'token-log-probabilities', out: this.#out, targets: 'targets', temperature } as const
    return this.#add({ ...node, logits: logits.name }, 1)
  }

  /** Logits over the targets' vocabulary and their loss. */
  finish(x: Value, head?: string): Graph {
    const logits = this.linear(x, this.sizes.targets, head === undefined ? {} : { weight: head })
    const loss = { op: 'cross-entropy', out: 'loss', logits: logits.name, targets: 'targets' } as const
    return this.finishWith(loss, { logits }, [])
  }

  finishWith(loss: GraphNode, outputs: Readonly<Record<string, Value>>, inputs: readonly InputSpec[]): Graph {
    this.nodes.push(loss)
    const names = Object.entries(outputs).map(([name, value]) => [name, value.name])
    return {
      name: 'operation',
      context: this.sizes.length,
      vocabulary: this.sizes.targets,
      inputs: [...tokenInputs, ...inputs],
      parameters: this.parameters,
      nodes: this.nodes,
      outputs: { ...Object.fromEntries(names), loss: loss.out },
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

const perToken = (...names: string[]): InputSpec[] => names.map(name => ({ name, type: 'float32', per: 'token' }))
const perSequence = (type: InputSpec['type'], ...names: string[]): InputSpec[] =>
  names.map(name => ({ name, type, per: 'sequence' }))

const policy =
  (penalty?: { readonly beta: number }) =>
  (g: GraphBuilder): Graph => {
    const logits = g.linear(g.embedding({ positions: true }), g.sizes.targets, { bias: true })
    const logProbabilities = g.logProbabilities(logits, 0.7)
    const names = { logProbabilities: logProbabilities.name, targets: 'targets', old: 'old', advantages: 'advantages' }
    return g.finishWith(
      { op: 'clipped-policy-loss', out: 'loss', ...names, clip: 0.2, ...(penalty && { reference: 'reference', ...penalty }) },
      { logits, logProbabilities },
      perToken('old', 'advantages', ...(penalty ? ['reference'] : []))
    )
  }

const valueLoss = (g: GraphBuilder, values: Value, outputs: Readonly<Record<string, Value>>): Graph =>
  g.finishWith(
    { op: 'value-loss', out: 'loss', values: values.name, targets: 'targets', old: 'old', returns: 'returns', clip: 0.2 },
    outputs,
    perToken('old', 'returns')
  )

/** Each with six sequences: what `inputsOf` makes of them. */
const losses: Readonly<Record<string, (g: GraphBuilder) => Graph>> = {
  'clipped policy loss': policy(),
  'clipped policy loss with a penalty': policy({ beta: 0.3 }),
  'value loss': g => {
    const values = g.linear(g.layerNorm(g.embedding({ positions: true })), 1, { bias: true })
    return valueLoss(g, values, { values })
  },
  'value loss of log-probabilities whose logits are read elsewhere': g => {
    const logits = g.linear(g.embedding({ positions: true }), g.sizes.targets)
    return valueLoss(g, g.add(g.logProbabilities(logits, 1.3), g.linear(logits, 1)), { logits })
  },
  'pairwise loss': g => {
    const scores = g.linear(g.embedding({ positions: true }), 1, { bias: true })
    return g.finishWith(
      { op: 'pairwise-loss', out: 'loss', scores: scores.name, at: 'at', group: 'group', rank: 'rank' },
      { scores },
      perSequence('int32', 'at', 'group', 'rank')
    )
  },
  'preference loss': g => {
    const logits = g.linear(g.embedding({ positions: true }), g.sizes.targets)
    const logProbabilities = g.logProbabilities(logits, 1)
    const names = { logProbabilities: logProbabilities.name, targets: 'targets', reference: 'reference' }
    return g.finishWith(
      { op: 'preference-loss', out: 'loss', ...names, beta: 0.4 },
      { logits, logProbabilities },
      perSequence('float32', 'reference')
    )
  }
}

/** Values for every input of an operation's graph, such that each branch of the losses is taken. */
export function inputsOf(graph: Graph, { batch, length }: Shape): Batch {
  const rows = batch * length
  const tokens = graph.parameters.find(({ name }) => /^table$|wte/.test(name))!.shape[0]!
  const guess = -Math.log(graph.vocabulary)
  const made: Record<string, (each: number) => Int32Array | Float32Array> = {
    tokens: () => integers(rows, tokens, 21),
    targets: () =>
      integers(rows, graph.vocabulary, 22).map((target, i) => (i % 6 === 1 || (i > 0 && i < length / 3) ? -1 : target)),
    old: () => normals(rows, 23, 0.5).map(x => x + (graph.outputs['values'] ? 0 : guess)),
    advantages: () => normals(rows, 24),
    returns: () => normals(rows, 25),
    reference: each => normals(batch * each, 26, 0.5).map(x => x + (guess * length) / each),
    at: () => integers(batch, length, 27),
    // Two prompts, a tie among the completions of the first, and a sequence that belongs to none.
    group: () => Int32Array.from({ length: batch }, (_, i) => [0, 0, 0, 1, 1, -1][i % 6]!),
    rank: () => Int32Array.from({ length: batch }, (_, i) => [2, 0, 2, 1, 0, 0][i % 6]!)
  }
  return Object.fromEntries(graph.inputs.map(({ name, per }) => [name, made[name]!(per === 'token' ? length : 1)]))
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
  const lossCases = Object.entries(losses).map(([name, body]) => {
    const six = { ...sizes, batch: 6 }
    return { name, shape: { batch: six.batch, length: six.length }, graph: body(new GraphBuilder(six)) }
  })
  return [...cases, { name: 'embedding tied to the head', shape, graph }, ...lossCases]
}
