/** GPT-2's decoder with its language head: what is pretrained and fine-tuned. */
import type { Graph, InputSpec } from './graph.ts'
import { gptTrunk, type GptConfig, type Trunk } from './trunk.ts'

export type { GptConfig } from './trunk.ts'

/** What every graph over a GPT's trunk reads. */
export const tokenInputs: readonly InputSpec[] = [
  { name: 'tokens', type: 'int32', per: 'token' },
  { name: 'targets', type: 'int32', per: 'token' }
]

/** Adds the head that makes `logits` (B·T, V) to a trunk. */
export function languageHead({ channels, vocabulary, tied }: GptConfig, trunk: Trunk): Pick<Graph, 'residuals' | 'head'> {
  const weight = tied ? trunk.table : 'lm_head.weight'
  if (!tied) trunk.parameters.push({ name: weight, shape: [vocabulary, channels], init: { kind: 'normal', deviation: 0.02 } })
  trunk.nodes.push({ op: 'linear', out: 'logits', x: trunk.out, weight })
  return { residuals: trunk.residuals, head: { norm: trunk.norm, weight } }
}

/**
 * The graph of a GPT with inputs `tokens` and `targets` (int32, B·T; target −1 is ignored) and outputs
 * `logits` (B·T, V) and `loss`. Parameter names and shapes are nanoGPT's.
 * @throws LabFailure `graph-heads` when the channels cannot be split into the heads.
 */
export function gptGraph(config: GptConfig): Graph {
  const trunk = gptTrunk(config)
  const head = languageHead(config, trunk)
  const { parameters, nodes } = trunk
  nodes.push({ op: 'cross-entropy', out: 'loss', logits: 'logits', targets: 'targets' })
  const { context, vocabulary } = config
  const outputs = { logits: 'logits', loss: 'loss' }
  return { name: 'gpt', context, vocabulary, inputs: tokenInputs, parameters, nodes, outputs, ...head }
}
