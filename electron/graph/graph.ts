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
  /** log softmax(logits / temperature)[target] of each row, one column; 0 where the target is −1. */
  | {
      readonly op: 'token-log-probabilities'
      readonly out: string
      readonly logits: string
      readonly targets: string
      readonly temperature: number
    }
  /**
   * −mean over all pairs of log σ(s_better − s_worse) (Ouyang et al. 2022). scores: one column. Inputs, int32 per
   * sequence: `at`, the position whose score counts; `group`, equal for completions of one prompt, −1 for a sequence
   * that counts in no pair; `rank`, lower is better, equal ranks make no pair. A scalar.
   */
  | {
      readonly op: 'pairwise-loss'
      readonly out: string
      readonly scores: string
      readonly at: string
      readonly group: string
      readonly rank: string
    }
  /**
   * Mean over rows with target ≥ 0 of max(−A·ρ, −A·clip(ρ, 1 − clip, 1 + clip)), ρ = exp(logProbability − old) (Schulman
   * et al. 2017); with `reference` and `beta` plus beta·(exp(d) − d − 1), d = reference − logProbability (Shao et al.
   * 2024). Inputs, float32 per token: `old`, `advantages`, `reference`. A scalar.
   */
  | {
      readonly op: 'clipped-policy-loss'
      readonly out: string
      readonly logProbabilities: string
      readonly targets: string
      readonly old: string
      readonly advantages: string
      readonly clip: number
      readonly reference?: string
      readonly beta?: number
    }
  /**
   * ½·mean over rows with target ≥ 0 of max((V − R)², (clip(V, old − clip, old + clip) − R)²). values: one column.
   * Inputs, float32 per token: `old`, `returns`. A scalar.
   */
  | {
      readonly op: 'value-loss'
      readonly out: string
      readonly values: string
      readonly targets: string
      readonly old: string
      readonly returns: string
      readonly clip: number
    }
  /**
   * −mean over pairs of log σ(beta·[(Σ log π − reference)_chosen − (Σ log π − reference)_rejected]) (Rafailov et al.
   * 2023). Sequence 2i is chosen, 2i+1 rejected; the sums are over rows with target ≥ 0; `reference`, float32 per
   * sequence, is the reference model's sum. A pair of sequences without targets does not count. A scalar.
   */
  | {
      readonly op: 'preference-loss'
      readonly out: string
      readonly logProbabilities: string
      readonly targets: string
      readonly reference: string
      readonly beta: number
    }

export interface Graph {
  readonly name: string
  /** Longest sequence. */
  readonly context: number
  readonly vocabulary: number
  readonly inputs: readonly InputSpec[]
  readonly parameters: readonly ParameterSpec[]
  /** In order of computation. */
  readonly nodes: readonly GraphNode[]
  /** Named results: `loss` (scalar) and, by what the graph is for, `logits` (B·T, V), `logProbabilities`, `scores` or `values` (B·T, 1), `classes` (B·T, classes). */
  readonly outputs: Readonly<Record<string, string>>
  /** Residual stream after the embedding and after each layer, in order; what the logit lens reads. */
  readonly residuals: readonly string[]
  /** From a residual value to logits: the names of the final norm's and head's parameters. Only of graphs with logits. */
  readonly head?: {
    readonly norm: { readonly weight: string; readonly bias?: string; readonly epsilon: number }
    readonly weight: string
  }
}

/** The nodes that a value depends on, in order of computation. */
export function nodesFor(graph: Pick<Graph, 'nodes'>, value: string): readonly GraphNode[] {
  const needed = new Set<unknown>([value])
  return graph.nodes
    .toReversed()
    .filter(node => {
      if (!needed.has(node.out)) return false
      for (const name of Object.values(node)) needed.add(name)
      return true
    })
    .reverse()
}

/** Elements of a shape. */
export function elements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1)
}

/** Number of trainable values; a tied head counts once. */
export function countParameters(graph: Pick<Graph, 'parameters'>): number {
  return graph.parameters.reduce((sum, parameter) => sum + elements(parameter.shape), 0)
}
