/** The part of GPT-2's decoder below its head, as nanoGPT writes it (model.py): pre-norm blocks, learned positions, exact GELU. */
import { LabFailure } from '../contract/failure.ts'
import type { GraphNode, ParameterSpec } from './graph.ts'

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

/** A trunk whose lists a head goes on with. */
export interface Trunk {
  readonly parameters: ParameterSpec[]
  readonly nodes: GraphNode[]
  /** The value that a head reads: (B·T, channels), normed. */
  readonly out: string
  /** As in `Graph`. */
  readonly residuals: readonly string[]
  /** Of the final norm. */
  readonly norm: { readonly weight: string; readonly bias?: string; readonly epsilon: number }
  /** The token embedding, which a head may share. */
  readonly table: string
}

/**
 * From the input `tokens` to the final norm. Parameter names and shapes are nanoGPT's.
 * @throws LabFailure `graph-heads` when the channels cannot be split into the heads.
 */
export function gptTrunk(config: GptConfig): Trunk {
  const { layers, heads, channels: C, context, vocabulary, bias, dropout } = config
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
  const out = norm('transformer.ln_f', x, 'transformer.ln_f')
  return {
    parameters,
    nodes,
    out,
    residuals,
    norm: { weight: 'transformer.ln_f.weight', ...(normBias && { bias: 'transformer.ln_f.bias' }), epsilon },
    table
  }
}
