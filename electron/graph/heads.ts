/**
 * The graphs of the later stages: a GPT's trunk with another head, another loss or both. Parameters of the
 * trunk have the names and shapes of `gptGraph`'s, so a stage takes them over from the one before.
 */
import { gptTrunk, type GptConfig, type Trunk } from './trunk.ts'
import { languageHead, tokenInputs } from './gpt.ts'
import type { Graph, GraphNode, InputSpec, ParameterSpec } from './graph.ts'

const perToken = (name: string): InputSpec => ({ name, type: 'float32', per: 'token' })
const perSequence = (name: string): InputSpec => ({ name, type: 'int32', per: 'sequence' })

/**
 * The policy of PPO and, with `beta`, of GRPO. Inputs `tokens`, `targets`, `old`, `advantages` and, with `beta`,
 * `reference`; outputs `logits`, `logProbabilities` (B·T, 1; of `targets` under logits / temperature) and `loss`.
 * @throws LabFailure `graph-heads`
 */
export function policyGraph(
  config: GptConfig,
  { temperature, clip, beta }: { readonly temperature: number; readonly clip: number; readonly beta?: number }
): Graph {
  return languageGraph(config, 'policy', temperature, {
    inputs: [perToken('old'), perToken('advantages'), ...(beta === undefined ? [] : [perToken('reference')])],
    loss: {
      op: 'clipped-policy-loss',
      out: 'loss',
      logProbabilities: 'logProbabilities',
      targets: 'targets',
      old: 'old',
      advantages: 'advantages',
      clip,
      ...(beta !== undefined && { reference: 'reference', beta })
    }
  })
}

/**
 * The policy of DPO: sequence 2i is chosen, 2i+1 rejected. Inputs `tokens`, `targets` and `reference` (float32, one a
 * sequence: the reference model's summed log-probability); outputs `logits`, `logProbabilities` (B·T, 1) and `loss`.
 * @throws LabFailure `graph-heads`
 */
export function preferenceGraph(config: GptConfig, { beta }: { readonly beta: number }): Graph {
  return languageGraph(config, 'preference', 1, {
    inputs: [{ name: 'reference', type: 'float32', per: 'sequence' }],
    loss: {
      op: 'preference-loss',
      out: 'loss',
      logProbabilities: 'logProbabilities',
      targets: 'targets',
      reference: 'reference',
      beta
    }
  })
}

/**
 * A reward model: `scores` (B·T, 1) at every position, of which the loss reads the one that `at` names. Inputs
 * `tokens`, `at`, `group`, `rank`; outputs `scores` and `loss`.
 * @throws LabFailure `graph-heads`
 */
export function rewardGraph(config: GptConfig): Graph {
  return headGraph(config, 'reward', {
    head: scalarHead(config),
    value: 'scores',
    inputs: [tokenInputs[0]!, perSequence('at'), perSequence('group'), perSequence('rank')],
    loss: { op: 'pairwise-loss', out: 'loss', scores: 'scores', at: 'at', group: 'group', rank: 'rank' }
  })
}

/**
 * PPO's value model: its parameters are a reward model's. Inputs `tokens`, `targets`, `old`, `returns`; outputs
 * `values` (B·T, 1) and `loss`.
 * @throws LabFailure `graph-heads`
 */
export function valueGraph(config: GptConfig, { clip }: { readonly clip: number }): Graph {
  return headGraph(config, 'value', {
    head: scalarHead(config),
    value: 'values',
    inputs: [...tokenInputs, perToken('old'), perToken('returns')],
    loss: { op: 'value-loss', out: 'loss', values: 'values', targets: 'targets', old: 'old', returns: 'returns', clip }
  })
}

/**
 * A classifier: inputs `tokens` and `targets` (the class where it is to be read, −1 elsewhere); outputs `classes`
 * (B·T, classes: logits) and `loss`.
 * @throws LabFailure `graph-heads`
 */
export function classifierGraph(config: GptConfig, classes: number): Graph {
  return headGraph(config, 'classifier', {
    head: { name: 'classes', rows: classes, deviation: 0.02 },
    value: 'classes',
    inputs: tokenInputs,
    loss: { op: 'cross-entropy', out: 'loss', logits: 'classes', targets: 'targets' }
  })
}

/** Starts with deviation 1/√(C + 1), as Stiennon et al. 2020 start a reward model. */
const scalarHead = ({ channels }: GptConfig) => ({ name: 'score', rows: 1, deviation: 1 / Math.sqrt(channels + 1) })

/** Logits and the log-probabilities of the targets, from which the loss is taken. */
function languageGraph(
  config: GptConfig,
  name: string,
  temperature: number,
  { inputs, loss }: { readonly inputs: readonly InputSpec[]; readonly loss: GraphNode }
): Graph {
  const trunk = gptTrunk(config)
  const head = languageHead(config, trunk)
  trunk.nodes.push(
    { op: 'token-log-probabilities', out: 'logProbabilities', logits: 'logits', targets: 'targets', temperature },
    loss
  )
  return {
    ...whole(config, name, trunk),
    inputs: [...tokenInputs, ...inputs],
    outputs: { logits: 'logits', logProbabilities: 'logProbabilities', loss: loss.out },
    ...head
  }
}

/** A linear head with a bias in the place of the language head. */
function headGraph(
  config: GptConfig,
  name: string,
  {
    head,
    value,
    inputs,
    loss
  }: {
    readonly head: { readonly name: string; readonly rows: number; readonly deviation: number }
    readonly value: string
    readonly inputs: readonly InputSpec[]
    readonly loss: GraphNode
  }
): Graph {
  const trunk = gptTrunk(config)
  const weight: ParameterSpec = {
    name: `${head.name}.weight`,
    shape: [head.rows, config.channels],
    init: { kind: 'normal', deviation: head.deviation }
  }
  const bias: ParameterSpec = { name: `${head.name}.bias`, shape: [head.rows], init: { kind: 'zeros' } }
  trunk.parameters.push(weight, bias)
  trunk.nodes.push({ op: 'linear', out: value, x: trunk.out, weight: weight.name, bias: bias.name }, loss)
  return { ...whole(config, name, trunk), inputs, outputs: { [value]: value, loss: loss.out } }
}

function whole({ context, vocabulary }: GptConfig, name: string, { parameters, nodes, residuals }: Trunk) {
  return { name, context, vocabulary, parameters, nodes, residuals }
}
