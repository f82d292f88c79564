/** Every fast kernel set against the naive reference, at sizes that leave a tail in every loop. */
import { describe, expect, it } from 'vitest'
import type { Plan, PlanOptions } from '../../electron/engine/plan.ts'
import type { Graph } from '../../electron/graph/graph.ts'
import type { Shape } from './float64-graph.ts'
import { inputsOf, operationCases } from './operation-cases.ts'
import { engine, graphOf, livelyParameters, planOf, relativeDifference } from './small-models.ts'

const fast = engine.simds.filter(simd => simd !== 'reference')

/** Relative to the largest value of the tensor: sums of some hundred 32-bit products. */
const tolerance = { outputs: 1e-5, loss: 2e-6, gradients: 5e-5 }

async function results(graph: Graph, shape: Shape, plan: Plan) {
  const inputs = inputsOf(graph, shape)
  const names = Object.keys(graph.outputs).filter(name => name !== 'loss')
  const outputs = await Promise.all(names.map(async name => [name, await plan.outputs(inputs, name)] as const))
  const [evaluated] = await plan.evaluate(inputs)
  return { outputs: new Map(outputs), evaluated: evaluated!, ...(await plan.gradients(inputs)) }
}

async function compare(graph: Graph, shape: Shape) {
  const parameters = livelyParameters(graph, 5)
  const run = async (options: Pick<PlanOptions, 'simd' | 'threads'>) => {
    const plan = await planOf(graph, { ...shape, ...options, seed: 77 }, parameters)
    const computed = await results(graph, shape, plan)
    await plan.close()
    return computed
  }
  const expected = await run({ simd: 'reference', threads: 2 })
  for (const simd of fast) {
    const computed = await run({ simd, threads: 2 })
    for (const [name, values] of expected.outputs)
      expect(relativeDifference(computed.outputs.get(name)!, values), `${name}, ${simd}`).toBeLessThan(tolerance.outputs)
    expect(relativeDifference([computed.evaluated], [expected.evaluated]), `evaluation, ${simd}`).toBeLessThan(tolerance.loss)
    expect(relativeDifference([computed.loss], [expected.loss]), `loss, ${simd}`).toBeLessThan(tolerance.loss)
    for (const [name, gradient] of expected.gradients)
      expect(relativeDifference(computed.gradients.get(name)!, gradient), `gradient of ${name}, ${simd}`).toBeLessThan(
        tolerance.gradients
      )
  }
}

describe('fast kernels agree with the reference', () => {
  const sizes = { batch: 3, length: 37, vocabulary: 53, channels: 45, hidden: 131, targets: 71 }
  it.each(operationCases(sizes))('$name', ({ graph, shape }) => compare(graph, shape))

  it.each([
    ['one row', { batch: 1, length: 1 }],
    ['one token a sequence', { batch: 19, length: 1 }],
    ['short sequences', { batch: 7, length: 3 }],
    ['a length just above a block of rows', { batch: 2, length: 33 }],
    ['a long sequence', { batch: 1, length: 131 }]
  ])('a GPT on %s', (_, shape) => compare(graphOf({ channels: 33, context: 140, dropout: 0.1 }), shape))

  it.each([
    ['wide', { channels: 96, heads: 2, vocabulary: 259 }],
    ['of whole vectors', { channels: 64, heads: 4, vocabulary: 128 }],
    ['of one channel a head', { channels: 5, heads: 5, vocabulary: 3 }],
    ['without biases', { channels: 34, heads: 2, bias: false, tied: false }]
  ])('a GPT %s', (_, config) => compare(graphOf({ ...config, layers: 1 }), { batch: 2, length: 18 }))
})

describe('the kernel sets of this machine', () => {
  it('have a reference and something faster', () => {
    expect(engine.simds).toContain('reference')
    expect(engine.simds).toContain('portable')
    expect(engine.simds[0]).toBe(process.env['GPTLAB_SIMD'] ?? engine.simd)
  })
})
