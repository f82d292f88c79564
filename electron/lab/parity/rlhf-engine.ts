/**
 * The losses of the later stages on the engine, with gradients by what they read. The graphs are no models: their
 * logits, values or scores are the rows of an embedding table, so the gradient of the table is the gradient by them.
 */
import type { Batch, Engine, Plan } from '../../engine/plan.ts'
import type { Graph, GraphNode, InputSpec } from '../../graph/graph.ts'
import { positions, type RolloutShape } from '../../training/advantages.ts'
import type { RlhfArithmetic } from './rlhf-arithmetic.ts'
import type { ParityOptions } from './quantity.ts'

interface Table {
  /** One row of the table at each position. */
  readonly values: ArrayLike<number>
  readonly batch: number
  readonly length: number
  /** What follows the embedding, whose value is named `rows`. */
  readonly nodes: readonly GraphNode[]
  readonly outputs?: Readonly<Record<string, string>>
  readonly perToken?: Batch
  readonly perSequence?: Batch
}

/** Runs a plan whose only parameter is a table. */
async function withTable<T>(
  engine: Engine,
  options: ParityOptions,
  { values, batch, length, nodes, outputs, perToken = {}, perSequence = {} }: Table,
  work: (plan: Plan, inputs: Batch) => Promise<T>
): Promise<T> {
  const rows = batch * length
  const columns = values.length / rows
  const specs = (inputs: Batch, per: InputSpec['per']) =>
    Object.entries(inputs).map(([name, of]): InputSpec => ({ name, type: of instanceof Int32Array ? 'int32' : 'float32', per }))
  const inputs = { tokens: Int32Array.from({ length: rows }, (_, row) => row), ...perToken, ...perSequence }
  const graph: Graph = {
    name: 'table',
    context: length,
    vocabulary: columns,
    inputs: [...specs({ tokens: inputs.tokens, ...perToken }, 'token'), ...specs(perSequence, 'sequence')],
    parameters: [{ name: 'table', shape: [rows, columns], init: { kind: 'zeros' } }],
    nodes: [{ op: 'embedding', out: 'rows', tokens: 'tokens', table: 'table' }, ...nodes],
    outputs: { loss: 'loss', ...outputs },
    residuals: []
  }
  const plan = engine.compile(graph, { batch, length, ...options })
  try {
    await plan.writeParameters(new Map([['table', Float32Array.from(values)]]))
    return await work(plan, inputs)
  } finally {
    await plan.close()
  }
}

/** Loss, and its gradient by every value of the table. */
async function lossOf(plan: Plan, inputs: Batch): Promise<{ readonly loss: number; readonly gradient: Float32Array }> {
  const { loss, gradients } = await plan.gradients(inputs)
  return { loss, gradient: gradients.get('table')! }
}

/** Tokens where one was generated, −1 in the padding. */
function targetsOf(tokens: ArrayLike<number>, shape: RolloutShape): Int32Array {
  const targets = new Int32Array(tokens.length).fill(-1)
  for (const at of positions(shape)) targets[at] = tokens[at]!
  return targets
}

/** Chosen and rejected in turn. */
function inTurn(chosen: ArrayLike<number>, rejected: ArrayLike<number>): Float32Array {
  return Float32Array.from({ length: 2 * chosen.length }, (_, i) => (i % 2 === 0 ? chosen : rejected)[i >> 1]!)
}

const everyOther = (values: Float32Array, first: 0 | 1) => values.filter((_, i) => i % 2 === first)
const apart = (values: Float32Array) => ({ chosen: everyOther(values, 0), rejected: everyOther(values, 1) })

const logProbabilities = (temperature: number): GraphNode => ({
  op: 'token-log-probabilities',
  out: 'logProbabilities',
  logits: 'rows',
  targets: 'targets',
  temperature
})

/** The engine's arithmetic: single precision throughout. */
export function engineArithmetic(engine: Engine, options: ParityOptions): RlhfArithmetic {
  return {
    logProbabilities: (logits, tokens, temperature, shape) =>
      withTable(
        engine,
        options,
        {
          values: logits,
          batch: shape.lengths.length,
          length: shape.length,
          nodes: [logProbabilities(temperature)],
          outputs: { logProbabilities: 'logProbabilities' },
          perToken: { targets: Int32Array.from(tokens) }
        },
        (plan, inputs) => plan.outputs(inputs, 'logProbabilities')
      ),

    policy: ({ logits, tokens, old, advantages }, { clip, temperature }, shape) =>
      withTable(
        engine,
        options,
        {
          values: logits,
          batch: shape.lengths.length,
          length: shape.length,
          nodes: [
            logProbabilities(temperature),
            {
              op: 'clipped-policy-loss',
              out: 'loss',
              logProbabilities: 'logProbabilities',
              targets: 'targets',
              old: 'old',
              advantages: 'advantages',
              clip
            }
          ],
          perToken: {
            targets: targetsOf(tokens, shape),
            old: Float32Array.from(old),
            advantages: Float32Array.from(advantages)
          }
        },
        lossOf
      ),

    value: ({ values, old, returns }, clip, shape) =>
      withTable(
        engine,
        options,
        {
          values,
          batch: shape.lengths.length,
          length: shape.length,
          nodes: [{ op: 'value-loss', out: 'loss', values: 'rows', targets: 'targets', old: 'old', returns: 'returns', clip }],
          perToken: {
            targets: targetsOf(new Int32Array(values.length), shape),
            old: Float32Array.from(old),
            returns: Float32Array.from(returns)
          }
        },
        lossOf
      ),

    reward: (chosen, rejected) => {
      const batch = 2 * chosen.length
      return withTable(
        engine,
        options,
        {
          values: inTurn(chosen, rejected),
          batch,
          length: 1,
          nodes: [{ op: 'pairwise-loss', out: 'loss', scores: 'rows', at: 'at', group: 'group', rank: 'rank' }],
          perSequence: {
            at: new Int32Array(batch),
            group: Int32Array.from({ length: batch }, (_, i) => i >> 1),
            rank: Int32Array.from({ length: batch }, (_, i) => i % 2)
          }
        },
        async (plan, inputs) => {
          const { loss, gradient } = await lossOf(plan, inputs)
          return { loss, gradients: apart(gradient) }
        }
      )
    },

    preference: (policy, reference, beta) => {
      const batch = 2 * policy.chosen.length
      return withTable(
        engine,
        options,
        {
          values: inTurn(policy.chosen, policy.rejected),
          batch,
          length: 1,
          nodes: [
            {
              op: 'preference-loss',
              out: 'loss',
              logProbabilities: 'rows',
              targets: 'targets',
              reference: 'reference',
              beta
            }
          ],
          perToken: { targets: new Int32Array(batch) },
          perSequence: { reference: inTurn(reference.chosen, reference.rejected) }
        },
        async (plan, inputs) => {
          const { loss, gradient } = await lossOf(plan, inputs)
          return { loss, gradients: apart(gradient) }
        }
      )
    }
  }
}
