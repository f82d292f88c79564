/** Every operation of the engine against ONNX Runtime, from one description in a graph. */
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { describe, expect, it } from 'vitest'
import type { Graph } from '../../electron/graph/graph.ts'
import type { Parameters } from '../../electron/graph/parameters.ts'
import { modelOutput } from '../../electron/onnx/export-forms.ts'
import { exportOnnx } from '../../electron/onnx/export.ts'
import { operationCases } from './operation-cases.ts'
import { engine, integers, livelyParameters, planOf, relativeDifference } from './small-models.ts'

/** Relative to the largest value: sums of some hundred 32-bit products, taken in another order. */
const tolerance = 1e-5

const cases = operationCases({ batch: 3, length: 19, vocabulary: 23, channels: 13, hidden: 37, targets: 11 })

async function runtimeOutput(graph: Graph, parameters: Parameters, name: string, tokens: Int32Array, batch: number) {
  const session = await InferenceSession.create(exportOnnx(graph, parameters, 'full'), {
    intraOpNumThreads: 1,
    logSeverityLevel: 3
  })
  const ids = new Tensor('int64', BigInt64Array.from(tokens, BigInt), [batch, tokens.length / batch])
  const results = await session.run({ input_ids: ids }, [name])
  await session.release()
  return results[name]!.data as Float32Array
}

describe.each(cases)('$name', ({ graph, shape }) => {
  const parameters = livelyParameters(graph, 5)
  const vocabulary = graph.parameters.find(({ name }) => name === 'table')!.shape[0]!
  const { name } = modelOutput(graph, 'full')
  const tokens = integers(shape.batch * shape.length, vocabulary, 21)

  it.each(engine.simds)('%s computes what ONNX Runtime computes', async simd => {
    const plan = await planOf(graph, { ...shape, simd, threads: 2 }, parameters)
    const values = await plan.outputs({ tokens }, name)
    await plan.close()
    expect(relativeDifference(values, await runtimeOutput(graph, parameters, name, tokens, shape.batch))).toBeLessThan(tolerance)
  })
})
