/**
 * The graph's operations once more, in 64-bit floats and plain loops: forward only. Gradients are
 * central finite differences of its loss. It shares no code with the engine; what an operation
 * computes is taken from `electron/graph/graph.ts` alone.
 */
import type { Graph, GraphNode } from '../../electron/graph/graph.ts'
import { gelu } from '../../electron/measures/error-function.ts'
import { maskOf } from './dropout-mask.ts'

export interface Shape {
  readonly batch: number
  readonly length: number
}

export type Inputs = Readonly<Record<string, Int32Array | Float32Array>>
export type Values64 = ReadonlyMap<string, Float64Array>

/** With a seed and a step, dropout is on, as in training. */
export interface Dropout {
  readonly seed: number
  readonly step: number
}

/** Row-major. */
interface Matrix {
  readonly columns: number
  readonly data: Float64Array
}

type Node<Op extends GraphNode['op']> = Extract<GraphNode, { op: Op }>

/** One pass over a batch. */
class Forward64 {
  readonly #values = new Map<string, Matrix>()

  constructor(
    readonly graph: Graph,
    parameters: Values64,
    readonly inputs: Inputs,
    readonly shape: Shape,
    readonly dropout: Dropout | undefined
  ) {
    for (const { name, shape } of graph.parameters)
      this.#values.set(name, { columns: shape.at(-1)!, data: parameters.get(name)! })
    graph.nodes.forEach((node, index) => this.#values.set(node.out, this.#compute(node, index)))
  }

  value(name: string): Matrix {
    const found = this.#values.get(name)
    if (!found) throw new Error(`Expected ${name} to be there.`)
    return found
  }

  get #rows(): number {
    return this.shape.batch * this.shape.length
  }

  #input(name: string): Int32Array | Float32Array {
    const found = this.inputs[name]
    if (!found) throw new Error(`Expected the input ${name}.`)
    return found
  }

  /** Factor of every element. The engine numbers the nodes that are left when additions and GELUs have gone into what stands before them. */
  #mask(p: number, index: number): (element: number) => number {
    if (!this.dropout || p === 0) return () => 1
    const number = this.graph.nodes.slice(0, index).filter(({ op }) => op !== 'gelu' && op !== 'add').length
    return maskOf(p, this.dropout.seed, this.dropout.step, number)
  }

  #compute(node: GraphNode, index: number): Matrix {
    switch (node.op) {
      case 'embedding':
        return this.#embedding(node)
      case 'linear':
        return this.#linear(node)
      case 'layer-norm':
        return this.#layerNorm(node)
      case 'attention':
        return this.#attention(node, this.#mask(node.dropout, index))
      case 'gelu': {
        const { columns, data } = this.value(node.x)
        return { columns, data: data.map(gelu) }
      }
      case 'add': {
        const [a, b] = [this.value(node.a), this.value(node.b)]
        return { columns: a.columns, data: a.data.map((x, i) => x + b.data[i]!) }
      }
      case 'dropout': {
        const { columns, data } = this.value(node.x)
        const mask = this.#mask(node.p, index)
        return { columns, data: data.map((x, i) => x * mask(i)) }
      }
      case 'cross-entropy':
        return { columns: 1, data: Float64Array.of(this.#crossEntropy(node)) }
      case 'token-log-probabilities':
        return { columns: 1, data: this.#tokenLogProbabilities(node) }
      case 'pairwise-loss':
        return { columns: 1, data: Float64Array.of(this.#pairwiseLoss(node)) }
      case 'clipped-policy-loss':
        return { columns: 1, data: Float64Array.of(this.#policyLoss(node)) }
      case 'value-loss':
        return { columns: 1, data: Float64Array.of(this.#valueLoss(node)) }
      case 'preference-loss':
        return { columns: 1, data: Float64Array.of(this.#preferenceLoss(node)) }
    }
  }

  #embedding(node: Node<'embedding'>): Matrix {
    const { columns, data: table } = this.value(node.table)
    const positions = node.positions ? this.value(node.positions).data : undefined
    const tokens = this.#input(node.tokens)
    const data = new Float64Array(this.#rows * columns)
    for (let row = 0; row < this.#rows; row++)
      for (let j = 0; j < columns; j++)
        data[row * columns + j] =
          table[tokens[row]! * columns + j]! + (positions ? positions[(row % this.shape.length) * columns + j]! : 0)
    return { columns, data }
  }

  #linear(node: Node<'linear'>): Matrix {
    const x = this.value(node.x)
    const weight = this.value(node.weight)
    const bias = node.bias ? this.value(node.bias).data : undefined
    const columns = weight.data.length / weight.columns
    const data = new Float64Array(this.#rows * columns)
    for (let row = 0; row < this.#rows; row++)
      for (let n = 0; n < columns; n++) {
        let sum = bias ? bias[n]! : 0
        for (let k = 0; k < x.columns; k++) sum += x.data[row * x.columns + k]! * weight.data[n * x.columns + k]!
        data[row * columns + n] = sum
      }
    return { columns, data }
  }

  #layerNorm(node: Node<'layer-norm'>): Matrix {
    const { columns, data: x } = this.value(node.x)
    const weight = this.value(node.weight).data
    const bias = node.bias ? this.value(node.bias).data : undefined
    const data = new Float64Array(x.length)
    for (let row = 0; row < this.#rows; row++) {
      const values = x.subarray(row * columns, (row + 1) * columns)
      const mean = values.reduce((sum, value) => sum + value, 0) / columns
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / columns
      for (let j = 0; j < columns; j++)
        data[row * columns + j] = ((values[j]! - mean) / Math.sqrt(variance + node.epsilon)) * weight[j]! + (bias ? bias[j]! : 0)
    }
    return { columns, data }
  }

  #attention(node: Node<'attention'>, mask: (element: number) => number): Matrix {
    const { columns: width, data: qkv } = this.value(node.qkv)
    const { batch, length } = this.shape
    const columns = width / 3
    const size = columns / node.heads
    const data = new Float64Array(this.#rows * columns)
    /** Element of queries (part 0), keys (1) or values (2). */
    const at = (part: number, b: number, t: number, head: number, c: number) =>
      qkv[(b * length + t) * width + part * columns + head * size + c]!
    for (let b = 0; b < batch; b++)
      for (let head = 0; head < node.heads; head++)
        for (let t = 0; t < length; t++) {
          const seen = node.mask === 'causal' ? t + 1 : length
          const scores = Array.from({ length: seen }, (_, s) => {
            let dot = 0
            for (let c = 0; c < size; c++) dot += at(0, b, t, head, c) * at(1, b, s, head, c)
            return dot / Math.sqrt(size)
          })
          const most = Math.max(...scores)
          const exponentials = scores.map(score => Math.exp(score - most))
          const sum = exponentials.reduce((total, value) => total + value, 0)
          exponentials.forEach((value, s) => {
            const p = (value / sum) * mask(((b * node.heads + head) * length + t) * length + s)
            for (let c = 0; c < size; c++) data[(b * length + t) * columns + head * size + c]! += p * at(2, b, s, head, c)
          })
        }
    return { columns, data }
  }

  /** Rows with a target. */
  #counted(targets: string): number[] {
    return [...this.#input(targets)].flatMap((target, row) => (target < 0 ? [] : [row]))
  }

  #tokenLogProbabilities(node: Pick<Node<'token-log-probabilities'>, 'logits' | 'targets' | 'temperature'>): Float64Array {
    const { columns, data } = this.value(node.logits)
    const targets = this.#input(node.targets)
    const out = new Float64Array(this.#rows)
    for (const row of this.#counted(node.targets)) {
      const values = data.subarray(row * columns, (row + 1) * columns).map(logit => logit / node.temperature)
      const most = Math.max(...values)
      out[row] = values[targets[row]!]! - most - Math.log(values.reduce((total, value) => total + Math.exp(value - most), 0))
    }
    return out
  }

  #crossEntropy(node: Node<'cross-entropy'>): number {
    const logProbabilities = this.#tokenLogProbabilities({ ...node, temperature: 1 })
    return mean(this.#counted(node.targets).map(row => -logProbabilities[row]!))
  }

  #pairwiseLoss(node: Node<'pairwise-loss'>): number {
    const { batch, length } = this.shape
    const [at, group, rank] = [this.#input(node.at), this.#input(node.group), this.#input(node.rank)]
    const score = (b: number) => this.value(node.scores).data[b * length + at[b]!]!
    const losses: number[] = []
    for (let better = 0; better < batch; better++)
      for (let worse = 0; worse < batch; worse++)
        if (group[better]! >= 0 && group[better] === group[worse] && rank[better]! < rank[worse]!)
          losses.push(Math.log1p(Math.exp(score(worse) - score(better))))
    return mean(losses)
  }

  #policyLoss(node: Node<'clipped-policy-loss'>): number {
    const logProbabilities = this.value(node.logProbabilities).data
    const [old, advantages] = [this.#input(node.old), this.#input(node.advantages)]
    return mean(
      this.#counted(node.targets).map(row => {
        const ratio = Math.exp(logProbabilities[row]! - old[row]!)
        const clipped = Math.min(Math.max(ratio, 1 - node.clip), 1 + node.clip)
        const surrogate = Math.max(-advantages[row]! * ratio, -advantages[row]! * clipped)
        if (node.reference === undefined || node.beta === undefined) return surrogate
        const distance = this.#input(node.reference)[row]! - logProbabilities[row]!
        return surrogate + node.beta * (Math.exp(distance) - distance - 1)
      })
    )
  }

  #valueLoss(node: Node<'value-loss'>): number {
    const values = this.value(node.values).data
    const [old, returns] = [this.#input(node.old), this.#input(node.returns)]
    return mean(
      this.#counted(node.targets).map(row => {
        const clipped = Math.min(Math.max(values[row]!, old[row]! - node.clip), old[row]! + node.clip)
        return Math.max((values[row]! - returns[row]!) ** 2, (clipped - returns[row]!) ** 2) / 2
      })
    )
  }

  #preferenceLoss(node: Node<'preference-loss'>): number {
    const { batch, length } = this.shape
    const logProbabilities = this.value(node.logProbabilities).data
    const [targets, reference] = [this.#input(node.targets), this.#input(node.reference)]
    const rewards = Array.from({ length: batch }, (_, b) => {
      const rows = this.#counted(node.targets).filter(row => Math.floor(row / length) === b)
      return rows.reduce((sum, row) => sum + logProbabilities[row]!, 0) - reference[b]!
    })
    const counts = (b: number) => targets.subarray(b * length, (b + 1) * length).some(target => target >= 0)
    const losses: number[] = []
    for (let chosen = 0; chosen < batch; chosen += 2)
      if (counts(chosen)) losses.push(Math.log1p(Math.exp(-node.beta * (rewards[chosen]! - rewards[chosen + 1]!))))
    return mean(losses)
  }
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

/** A value of the graph, row-major. */
export function value64(
  graph: Graph,
  name: string,
  parameters: Values64,
  inputs: Inputs,
  shape: Shape,
  dropout?: Dropout
): Float64Array {
  return new Forward64(graph, parameters, inputs, shape, dropout).value(name).data
}

/** Loss of the graph. */
export function loss64(graph: Graph, parameters: Values64, inputs: Inputs, shape: Shape, dropout?: Dropout): number {
  return value64(graph, graph.outputs['loss']!, parameters, inputs, shape, dropout)[0]!
}

/** Derivative of the loss by every element of every parameter, by central differences. */
export function gradients64(graph: Graph, parameters: Values64, inputs: Inputs, shape: Shape, dropout?: Dropout): Values64 {
  const step = 1e-5
  return new Map(
    [...parameters].map(([name, values]) => [
      name,
      values.slice().map((value, i) => {
        values[i] = value + step
        const above = loss64(graph, parameters, inputs, shape, dropout)
        values[i] = value - step
        const below = loss64(graph, parameters, inputs, shape, dropout)
        values[i] = value
        return (above - below) / (2 * step)
      })
    ])
  )
}

/** The engine's parameters in 64 bits. */
export function parameters64(parameters: ReadonlyMap<string, Float32Array>): Map<string, Float64Array> {
  return new Map([...parameters].map(([name, values]) => [name, Float64Array.from(values)]))
}
