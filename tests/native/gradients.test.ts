/** Losses and gradients of the engine against finite differences in 64 bits. */
import { describe, expect, it } from 'vitest'
import type { Graph } from '../../electron/graph/graph.ts'
import { gradients64, loss64, parameters64, value64, type Dropout, type Shape } from './float64-graph.ts'
import { inputsOf, operationCases } from './operation-cases.ts'
import { engine, graphOf, largestDifference, livelyParameters, planOf, relativeDifference } from './small-models.ts'

/** Losses are about 2; 32-bit arithmetic is good to a few 1e-7 of them. */
const lossTolerance = 3e-6
/** Relative to the largest gradient of the tensor. */
const gradientTolerance = 1e-4

/** Compares every kernel set, with one thread and with three, with one reference computed once. */
async function check(graph: Graph, shape: Shape, dropout?: Dropout) {
  const parameters = livelyParameters(graph, 3)
  const wide = parameters64(parameters)
  const inputs = inputsOf(graph, shape)
  const loss = loss64(graph, wide, inputs, shape, dropout)
  const plain = loss64(graph, wide, inputs, shape)
  const outputs = Object.keys(graph.outputs).filter(name => name !== 'loss')
  const values = outputs.map(name => value64(graph, graph.outputs[name]!, wide, inputs, shape))
  const expected = gradients64(graph, wide, inputs, shape, dropout)
  for (const simd of engine.simds)
    for (const threads of [1, 3]) {
      const plan = await planOf(graph, { ...shape, threads, simd, seed: dropout?.seed ?? 0 }, parameters)
      const computed = await plan.gradients(inputs)
      const where = `${simd}, ${threads} threads`
      expect(Math.abs(computed.loss - loss), `loss, ${where}`).toBeLessThan(lossTolerance)
      expect(Math.abs((await plan.evaluate(inputs))[0]! - plain), `evaluation, ${where}`).toBeLessThan(lossTolerance)
      for (const [i, name] of outputs.entries())
        expect(largestDifference(await plan.outputs(inputs, name), values[i]!), `${name}, ${where}`).toBeLessThan(1e-5)
      for (const [name, gradient] of expected)
        expect(relativeDifference(computed.gradients.get(name)!, gradient), `${name}, ${where}`).toBeLessThan(gradientTolerance)
      await plan.close()
    }
}

const sizes = { batch: 2, length: 5, vocabulary: 7, channels: 6, hidden: 9, targets: 5 }

describe('gradients of', () => {
  it.each(operationCases(sizes))('$name', ({ graph, shape }) => check(graph, shape, { seed: 9, step: 0 }))

  const tiny = { layers: 2, heads: 3, channels: 9, context: 6, vocabulary: 7 }
  const shape = { batch: 2, length: 5 }
  it('a whole GPT', () => check(graphOf(tiny), shape))
  it('a whole GPT with dropout', () => check(graphOf({ ...tiny, dropout: 0.2 }), shape, { seed: 2 ** 31 + 5, step: 0 }))
  it('a whole GPT without biases, its head not tied', () => check(graphOf({ ...tiny, bias: false, tied: false }), shape))
  it('a baby GPT', () => {
    const graph = graphOf({ layers: 2, heads: 4, channels: 8, context: 3, vocabulary: 2, bias: false, normBias: true })
    return check(graph, { batch: 4, length: 3 })
  })
})
