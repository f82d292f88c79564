/**
 * Models as graphs of layer-sized operations.
 *
 * A model is described once. The native engine compiles the graph into a plan and trains it; the ONNX
 * exporter turns the same graph into ONNX. Values are named; a value is a matrix of rows and columns,
 * where the rows are B·T positions of a batch of B sequences of T tokens (or B rows after `select`).
 * All arithmetic is float32.
 */

/** A parameter: its name (nanoGPT's for a GPT), shape and whether weight decay may apply (tensors of two or more dimensions). */
export interface ParameterSpec {
  readonly name: string
  /** Linear weights are (out, in), row-major, as PyTorch stores them. */
  readonly shape: readonly number[]
  readonly init: Initialisation
}

/** How a parameter starts. */
export type Initialisation =
  { readonly kind: 'normal'; readonly deviation: number } | { readonly kind: 'zeros' } | { readonly kind: 'ones' }

/** An input of the graph. `per` says how many elements it has for a batch of B sequences of T tokens. */
export interface InputSpec {
  readonly name: string
  readonly type: 'int32' | 'float32'
  readonly per: 'token' | 'sequence'
}

/** One operation. `out` names the value it makes; parameters are named by `weight`, `bias`, `table`, `positions`. */
export type GraphNode =
  /** out[b·T+t] = table[tokens[b,t]] + positions[t]. table (V, C), positions (context, C). */
  | {
      readonly op: 'embedding'
      readonly out: string
      readonly tokens: string
      readonly table: string
      readonly positions?: string
    }
  /** Zeroes each element with probability p and scales the others by 1/(1-p), in training only. Masks come from a counter-based generator (seed, step, node, element), so they do not depend on threads. */
  | { readonly op: 'dropout'; readonly out: string; readonly x: string; readonly p: number }
  /** (x − mean) / √(variance + epsilon) · weight + bias, over the columns; biased variance. */
  | {
      readonly op: 'layer-norm'
      readonly out: string
      readonly x: string
      readonly weight: string
      readonly bias?: string
      readonly epsilon: number
    }
  /** x · weightᵀ + bias. */
  | { readonly op: 'linear'; readonly out: string; readonly x: string; readonly weight: string; readonly bias?: string }
  /** Multi-head attention of a sequence with itself: qkv has 3C columns (queries, keys, values, each split into heads); scale 1/√(C/heads); softmax; dropout of the probabilities; heads concatenated. */
  | {
      readonly op: 'attention'
      readonly out: string
      readonly qkv: string
      readonly heads: number
      readonly mask: 'causal' | 'full'
      readonly dropout: number
    }
  /** x/2 · (1 + erf(x/√2)): the exact form. */
  | { readonly op: 'gelu'; readonly out: string; readonly x: string }
  | { readonly op: 'add'; readonly out: string; readonly a: string; readonly b: string }
  /** −mean over rows with target ≥ 0 of log softmax(logits)[target]; rows with target −1 do not count. A scalar. */
  | { readonly op: 'cross-entropy'; readonly out: string; readonly logits: string; readonly targets: string }

export interface Graph {
  readonly name: string
  /** Longest sequence. */
  readonly context: number
  readonly vocabulary: number
  readonly inputs: readonly InputSpec[]
  readonly parameters: readonly ParameterSpec[]
  /** In order of computation. */
  readonly nodes: readonly GraphNode[]
  /** Named results: `logits` (B·T, V), `loss` (scalar). */
  readonly outputs: Readonly<Record<string, string>>
  /** Residual stream after the embedding and after each layer, in order; what the logit lens reads. */
  readonly residuals: readonly string[]
  /** From a residual value to logits: the names of the final norm's and head's parameters. */
  readonly head: {
    readonly norm: { readonly weight: string; readonly bias?: string; readonly epsilon: number }
    readonly weight: string
  }
}

/** Elements of a shape. */
export function elements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1)
}

/** Number of trainable values; a tied head counts once. */
export function countParameters(graph: Pick<Graph, 'parameters'>): number {
  return graph.parameters.reduce((sum, parameter) => sum + elements(parameter.shape), 0)
}
