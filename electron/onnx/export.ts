/**
 * A graph and its parameters as ONNX.
 *
 * | form | inputs | outputs |
 * | --- | --- | --- |
 * | `full` | input_ids (B, T) | logits (B, T, V), attention.N (B, H, T, T), residual.N (B, T, C), lens (residuals, B, V), where the graph names residuals |
 * | `cached` | input_ids (B, T), attention_mask (B, P+T), position_ids (B, T), past_key_values.N.key and .value (B, H, P, D) | logits (B, 1, V), present.N.key and .value (B, H, P+T, D) |
 * | `delta` | input_ids (B, T), position_ids (B, T), mask (B, 1, T, P+T) additive, past.N.key and .value (B, H, P, D) | logits (B, 1, V), new.N.key and .value (B, H, T, D) |
 *
 * In between, values are matrices of B·T rows as in the graph, so that linear layers are `Gemm`s with their biases.
 *
 * `cached` has the names of Hugging Face's exports. `lens` is the final norm and the head applied to
 * each residual at the last position. A reward model, a value model and a classifier have the full form only,
 * with scores (B, T, 1), values (B, T, 1) or classes (B, T, classes) in the place of logits and without a lens.
 * Dropout and losses are for training only and leave no trace.
 */
import { assertNever } from '../contract/failure.ts'
import { nodesFor, type Graph, type GraphNode } from '../graph/graph.ts'
import { checkParameters, type Parameters } from '../graph/parameters.ts'
import {
  assertCausal,
  decomposedAttention,
  deltaAttention,
  standardAttention,
  unseen,
  visibleAttention,
  type AttentionNode,
  type AttentionScope
} from './attention.ts'
import {
  attentionSizes,
  exporterVersion,
  modelOutput,
  shapeOf,
  type AttentionSizes,
  type ExportForm,
  type WeightForm
} from './export-forms.ts'
import { ModelWriter, contribDomain, elementTypeNumber } from './model-writer.ts'
import { blockSize, quantise } from './quantise.ts'
import { halvesOf } from '../graph/half.ts'

export interface ExportOptions {
  /** `standard`: opset 23's `Attention`, in the cached form only. Default `decomposed`. */
  readonly attention?: 'standard' | 'decomposed'
  /** How weights are stored; arithmetic is float32, for int8 with 8-bit activations inside the matrix products. Default `fp32`. */
  readonly weights?: WeightForm
}

/**
 * The ONNX model's bytes.
 * @throws LabFailure those of `checkParameters`; `export-form` for a graph the form cannot hold; `export-too-large` beyond protobuf's 2 GB
 */
export function exportOnnx(graph: Graph, parameters: Parameters, form: ExportForm, options: ExportOptions = {}): Uint8Array {
  checkParameters(graph, parameters)
  return new Exporter(graph, parameters, form, options).export()
}

/** A linear layer applied to a matrix `x`; the result gets a name of its own without `out`. */
interface LinearCall {
  readonly x: string
  readonly weight: string
  readonly bias?: string
  readonly out?: string
}

class Exporter {
  readonly #writer = new ModelWriter()
  readonly #standard: boolean
  readonly #weights: WeightForm
  readonly #sizes: AttentionSizes
  readonly #head: ReturnType<typeof modelOutput>
  /** Names of values that are another value: dropout passes its input on. */
  readonly #aliases = new Map<string, string>()
  #scope!: AttentionScope
  /** Shape of the input: batch and positions, (2) int64. */
  #shape = ''
  /** Shapes that begin with batch and positions, by what follows. */
  readonly #shapes = new Map<string, string>()
  #positions = ''
  #pastLength = ''
  #layer = 0

  constructor(
    readonly graph: Graph,
    readonly parameters: Parameters,
    readonly form: ExportForm,
    { attention = 'decomposed', weights = 'fp32' }: ExportOptions
  ) {
    this.#head = modelOutput(graph, form)
    this.#standard = form === 'cached' && attention === 'standard'
    this.#weights = weights
    const attends = graph.nodes.some(node => node.op === 'attention')
    this.#sizes = attends || form !== 'full' ? attentionSizes(graph) : { layers: 0, heads: 0, headSize: 0 }
  }

  export(): Uint8Array {
    this.#declareInputs()
    for (const node of nodesFor(this.graph, this.#head.value)) this.#node(node)
    this.#declareOutputs()
    // Opset 17 is the newest that all providers carry whole.
    return this.#writer.finish(this.graph.name, this.#standard ? 23 : 17, {
      form: this.form,
      attention: this.#standard ? 'standard' : 'decomposed',
      weights: this.#weights,
      exporter: String(exporterVersion)
    })
  }

  #declareInputs(): void {
    const writer = this.#writer
    const { layers, heads, headSize } = this.#sizes
    const [B, T, P] = ['batch_size', 'sequence_length', 'past_sequence_length']
    writer.input('input_ids', 'int64', [B, T])
    this.#shape = writer.apply('Shape', ['input_ids'])
    const perToken = (columns: readonly number[]) => this.#perToken(columns)
    if (this.form === 'full') {
      const length = writer.apply('Shape', ['input_ids'], { start: { int: 1 }, end: { int: 2 } })
      this.#positions = writer.apply('Range', [writer.integer(0), writer.apply('Squeeze', [length]), writer.integer(1)])
      const causal = this.graph.nodes.some(node => node.op === 'attention' && node.mask === 'causal')
      this.#scope = { writer, perToken, headSize, ...(causal && { mask: this.#laterHidden(this.#positions, this.#positions) }) }
      return
    }
    if (this.form === 'cached') writer.input('attention_mask', 'int64', [B, 'total_sequence_length'])
    this.#positions = writer.input('position_ids', 'int64', [B, T])
    if (this.form === 'delta') writer.input('mask', 'float32', [B, 1, T, 'total_sequence_length'])
    const past = this.form === 'cached' ? 'past_key_values' : 'past'
    for (let layer = 0; layer < layers; layer++)
      for (const part of ['key', 'value']) writer.input(`${past}.${layer}.${part}`, 'float32', [B, heads, P, headSize])
    this.#pastLength = writer.apply('Shape', [`${past}.0.key`], { start: { int: 2 }, end: { int: 3 } })
    this.#scope = { writer, perToken, headSize, mask: this.form === 'delta' ? 'mask' : this.#cachedMask() }
  }

  /** The shape (B, T, …columns), to see the matrix of a value by batch and position again. */
  #perToken(columns: readonly number[]): string {
    const key = columns.join()
    const known = this.#shapes.get(key)
    if (known !== undefined) return known
    const shape = this.#writer.apply('Concat', [this.#shape, this.#writer.integers([...columns])], { axis: { int: 0 } })
    this.#shapes.set(key, shape)
    return shape
  }

  #byPosition(value: string, columns: number, out?: string): string {
    return this.#writer.apply('Reshape', [value, this.#perToken([columns])], {}, out)
  }

  /** Of a matrix, the rows of each sequence's last position: (B, columns). */
  #lastPosition(value: string, columns: number): string {
    return this.#writer.apply('Gather', [this.#byPosition(value, columns), this.#writer.integer(-1)], { axis: { int: 1 } })
  }

  /** 0 where a query may see a key, `unseen` where the key comes later; (queries, keys). */
  #laterHidden(queries: string, keys: string): string {
    const writer = this.#writer
    const column = writer.apply('Unsqueeze', [queries, writer.integers([1])])
    return writer.apply('Where', [writer.apply('LessOrEqual', [keys, column]), writer.scalar(0), writer.scalar(unseen)])
  }

  /** From attention_mask (B, P+T): (B, 1, T, P+T), where padding and what comes later are hidden. */
  #cachedMask(): string {
    const writer = this.#writer
    const seen = writer.apply('Cast', ['attention_mask'], { to: { int: elementTypeNumber('bool') } })
    const padding = writer.apply('Where', [seen, writer.scalar(0), writer.scalar(unseen)])
    const hidden = writer.apply('Unsqueeze', [padding, writer.integers([1, 2])])
    const total = writer.apply('Squeeze', [writer.apply('Shape', ['attention_mask'], { start: { int: 1 }, end: { int: 2 } })])
    const past = writer.apply('Squeeze', [this.#pastLength])
    const keys = writer.apply('Range', [writer.integer(0), total, writer.integer(1)])
    const queries = writer.apply('Range', [past, total, writer.integer(1)])
    // Clipped, since twice `unseen` is still finite but three times a layer's worth need not be.
    return writer.apply('Max', [writer.apply('Add', [hidden, this.#laterHidden(queries, keys)]), writer.scalar(unseen)])
  }

  #declareOutputs(): void {
    const writer = this.#writer
    const { graph } = this
    const { layers, heads, headSize } = this.#sizes
    const [B, T] = ['batch_size', 'sequence_length']
    const { name: head, columns } = this.#head
    writer.output(head, 'float32', [B, this.form === 'full' ? T : 1, columns])
    if (this.form !== 'full') {
      const [name, length] = this.form === 'cached' ? ['present', 'total_sequence_length'] : ['new', T]
      for (let layer = 0; layer < layers; layer++)
        for (const part of ['key', 'value']) writer.output(`${name}.${layer}.${part}`, 'float32', [B, heads, length, headSize])
      return
    }
    for (let layer = 0; layer < layers; layer++) writer.output(`attention.${layer}`, 'float32', [B, heads, T, T])
    if (graph.residuals.length === 0) return
    const channels = shapeOf(graph, graph.nodes.find(node => node.op === 'embedding')!.table)[1]!
    graph.residuals.forEach((residual, i) => {
      this.#byPosition(this.#value(residual), channels, `residual.${i}`)
      writer.output(`residual.${i}`, 'float32', [B, T, channels])
    })
    if (graph.head) this.#lens(graph.head, channels)
  }

  #lens(head: NonNullable<Graph['head']>, channels: number): void {
    const writer = this.#writer
    const { residuals, vocabulary } = this.graph
    // (B, C) of each, one under the other.
    const rows = residuals.map(residual => this.#lastPosition(this.#value(residual), channels))
    const normed = this.#layerNorm({ x: writer.apply('Concat', rows, { axis: { int: 0 } }), ...head.norm })
    const logits = this.#linear({ x: normed, weight: head.weight })
    writer.apply('Reshape', [logits, writer.integers([residuals.length, -1, vocabulary])], {}, 'lens')
    writer.output('lens', 'float32', [residuals.length, 'batch_size', vocabulary])
  }

  #value(name: string): string {
    return this.#aliases.get(name) ?? name
  }

  #node(node: GraphNode): void {
    const writer = this.#writer
    switch (node.op) {
      case 'embedding': {
        const tokens = writer.apply('Gather', [this.#stored(node.table), 'input_ids'])
        const sum =
          node.positions === undefined
            ? tokens
            : writer.apply('Add', [tokens, writer.apply('Gather', [this.#stored(node.positions), this.#positions])])
        writer.apply('Reshape', [sum, writer.integers([-1, shapeOf(this.graph, node.table)[1]!])], {}, node.out)
        return
      }
      case 'dropout':
        this.#aliases.set(node.out, this.#value(node.x))
        return
      case 'layer-norm':
        this.#layerNorm({ ...node, x: this.#value(node.x) })
        return
      case 'linear': {
        const x = this.#value(node.x)
        if (node.out !== this.#head.value) {
          this.#linear({ ...node, x })
          return
        }
        const { name, columns } = this.#head
        if (this.form === 'full') this.#byPosition(this.#linear({ ...node, x, out: undefined }), columns, name)
        else {
          // Decoding needs the last position's logits only.
          const last = this.#lastPosition(x, shapeOf(this.graph, node.weight)[1]!)
          writer.apply('Unsqueeze', [this.#linear({ ...node, x: last, out: undefined }), writer.integers([1])], {}, name)
        }
        return
      }
      case 'attention':
        return this.#attention({ ...node, qkv: this.#value(node.qkv) })
      case 'gelu': {
        const x = this.#value(node.x)
        const erf = writer.apply('Erf', [writer.apply('Div', [x, writer.scalar(Math.SQRT2)])])
        const product = writer.apply('Mul', [x, writer.apply('Add', [erf, writer.scalar(1)])])
        writer.apply('Mul', [product, writer.scalar(0.5)], {}, node.out)
        return
      }
      case 'add':
        writer.apply('Add', [this.#value(node.a), this.#value(node.b)], {}, node.out)
        return
      case 'cross-entropy':
      case 'token-log-probabilities':
      case 'pairwise-loss':
      case 'clipped-policy-loss':
      case 'value-loss':
      case 'preference-loss':
        // No value of a model that is asked for an answer depends on these.
        return
      default:
        assertNever(node)
    }
  }

  #attention(node: AttentionNode): void {
    const layer = this.#layer++
    if (this.form === 'full') {
      const scope = node.mask === 'causal' ? this.#scope : { ...this.#scope, mask: undefined }
      return visibleAttention(scope, node, `attention.${layer}`)
    }
    assertCausal(node)
    if (this.form === 'delta') deltaAttention(this.#scope, node, layer, this.#pastLength)
    else if (this.#standard) standardAttention(this.#scope, node, layer)
    else decomposedAttention(this.#scope, node, layer)
  }

  #layerNorm(node: {
    readonly x: string
    readonly weight: string
    readonly bias?: string
    readonly epsilon: number
    readonly out?: string
  }): string {
    const inputs = [node.x, this.#stored(node.weight), ...(node.bias === undefined ? [] : [this.#stored(node.bias)])]
    return this.#writer.apply('LayerNormalization', inputs, { axis: { int: -1 }, epsilon: { float: node.epsilon } }, node.out)
  }

  #linear(node: LinearCall): string {
    if (this.#weights === 'int8') return this.#linear8(node)
    const inputs = [node.x, this.#stored(node.weight), ...(node.bias === undefined ? [] : [this.#stored(node.bias)])]
    return this.#writer.apply('Gemm', inputs, { transB: { int: 1 } }, node.out)
  }

  #linear8(node: LinearCall): string {
    const writer = this.#writer
    const [rows, columns] = shapeOf(this.graph, node.weight) as [number, number]
    const [bytes, scales] = [`${node.weight}.bytes`, `${node.weight}.scales`]
    if (!writer.hasTensor(bytes)) {
      const quantised = quantise(this.parameters.get(node.weight)!, rows, columns)
      writer.tensor(bytes, 'uint8', [rows, quantised.blocks, blockSize], quantised.bytes)
      writer.tensor(scales, 'float32', [rows * quantised.blocks], quantised.scales)
    }
    const attributes = {
      K: { int: columns },
      N: { int: rows },
      bits: { int: 8 },
      block_size: { int: blockSize },
      accuracy_level: { int: 4 }
    }
    const out = node.bias === undefined ? node.out : undefined
    const product = writer.apply('MatMulNBits', [node.x, bytes, scales], attributes, out, contribDomain)
    return node.bias === undefined ? product : writer.apply('Add', [product, this.#stored(node.bias)], {}, node.out)
  }

  /** A parameter as a float32 value; matrices are stored as halves when weights are fp16 or int8. */
  #stored(name: string): string {
    const writer = this.#writer
    const shape = shapeOf(this.graph, name)
    const values = this.parameters.get(name)!
    if (this.#weights === 'fp32' || shape.length < 2) return writer.tensor(name, 'float32', shape, values)
    const wide = `${name}.wide`
    if (!writer.hasTensor(name)) {
      writer.tensor(name, 'float16', shape, halvesOf(values))
      writer.apply('Cast', [name], { to: { int: elementTypeNumber('float32') } }, wide)
    }
    return wide
  }
}
