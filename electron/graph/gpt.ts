/** GPT-2's decoder as nanoGPT writes it (model.py): pre-norm blocks, learned positions, exact GELU. */
import { LabFailure } from '../contract/failure.ts'
import type { Graph, GraphNode, ParameterSpec } from './graph.ts'

/** Sizes and choices of a GPT. */
export interface GptConfig {
  readonly layers: number
  readonly heads: number
  readonly channels: number
  readonly context: number
  readonly vocabulary: number
  /** Biases of the linear layers and of the layer norms (nanoGPT's `bias`). */
  readonly bias: boolean
  /** Layer norms keep their bias where `bias` is off: Karpathy's baby GPT. Default: as `bias`. */
  readonly normBias?: boolean
  /** The head shares the token embedding. */
  readonly tied: boolean
  readonly dropout: number
}

const epsilon = 1e-5

/**
 * The graph of a GPT with inputs `tokens` and `targets` (int32, B·T; target −1 is ignored) and outputs
 * `logits` (B·T, V) and `loss`. Parameter names and shapes are nanoGPT's.
 * @throws LabFailure `graph-heads` when the channels cannot be split into the heads.
 */
export function gptGraph(config: GptConfig): Graph {
  const { layers, heads, channels: C, context, vocabulary, bias, tied, dropout } = config
  const normBias = config.normBias ?? bias
  if (C % heads !== 0)
    throw new LabFailure(
      'graph-heads',
      `Expected channels to be a multiple of the heads but received ${C} channels and ${heads} heads. Choose, for example, ${Math.ceil(C / heads) * heads} channels.`,
      { channels: C, heads }
    )

  const parameters: ParameterSpec[] = []
  const nodes: GraphNode[] = []
  const parameter = (name: string, shape: number[], init: ParameterSpec['init']): string => {
    parameters.push({ name, shape, init })
    return name
  }
  const normal = (deviation: number) => ({ kind: 'normal', deviation }) as const
  const linear = (out: string, x: string, name: string, rows: number, columns: number, deviation = 0.02): string => {
    const weight = parameter(`${name}.weight`, [rows, columns], normal(deviation))
    nodes.push({ op: 'linear', out, x, weight, ...(bias && { bias: parameter(`${name}.bias`, [rows], { kind: 'zeros' }) }) })
    return out
  }
  const norm = (out: string, x: string, name: string): string => {
    const weight = parameter(`${name}.weight`, [C], { kind: 'ones' })
    nodes.push({
      op: 'layer-norm',
      out,
      x,
      weight,
      ...(normBias && { bias: parameter(`${name}.bias`, [C], { kind: 'zeros' }) }),
      epsilon
    })
    return out
  }
  const drop = (out: string, x: string): string => {
    if (dropout === 0) return x
    nodes.push({ op: 'dropout', out, x, p: dropout })
    return out
  }
  const add = (out: string, a: string, b: string): string => {
    nodes.push({ op: 'add', out, a, b })
    return out
  }

  const table = parameter('transformer.wte.weight', [vocabulary, C], normal(0.02))
  const positions = parameter('transformer.wpe.weight', [context, C], normal(0.02))
  nodes.push({ op: 'embedding', out: 'embedding', tokens: 'tokens', table, positions })
  let x = drop('embedding.dropped', 'embedding')
  const residuals = [x]
  const residualDeviation = 0.02 / Math.sqrt(2 * layers)
  for (let layer = 0; layer < layers; layer++) {
    const h = `transformer.h.${layer}`
    const normed = norm(`${h}.ln_1`, x, `${h}.ln_1`)
    const qkv = linear(`${h}.qkv`, normed, `${h}.attn.c_attn`, 3 * C, C)
    nodes.push({ op: 'attention', out: `${h}.attention`, qkv, heads, mask: 'causal', dropout })
    const projected = linear(`${h}.projected`, `${h}.attention`, `${h}.attn.c_proj`, C, C, residualDeviation)
    x = add(`${h}.middle`, x, drop(`${h}.projected.dropped`, projected))
    const normed2 = norm(`${h}.ln_2`, x, `${h}.ln_2`)
    const hidden = linear(`${h}.hidden`, normed2, `${h}.mlp.c_fc`, 4 * C, C)
    nodes.push({ op: 'gelu', out: `${h}.gelu`, x: hidden })
    const folded = linear(`${h}.folded`, `${h}.gelu`, `${h}.mlp.c_proj`, C, 4 * C, residualDeviation)
    x = add(`${h}.out`, x, drop(`${h}.folded.dropped`, folded))
    residuals.push(x)
  }
  const final = norm('transformer.ln_f', x, 'transformer.ln_f')
  const weight = tied ? table : parameter('lm_head.weight', [vocabulary, C], normal(0.02))
  nodes.push({ op: 'linear', out: 'logits', x: final, weight })
  nodes.push({ op: 'cross-entropy', out: 'loss', logits: 'logits', targets: 'targets' })

  return {
    name: 'gpt',
    context,
    vocabulary,
    inputs: [
      { name: 'tokens', type: 'int32', per: 'token' },
      { name: 'targets', type: 'int32', per: 'token' }
    ],
    parameters,
    nodes,
    outputs: { logits: 'logits', loss: 'loss' },
    residuals,
    head: { norm: { weight: 'transformer.ln_f.weight', ...(normBias && { bias: 'transformer.ln_f.bias' }), epsilon }, weight }
  }
}
