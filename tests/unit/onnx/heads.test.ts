/** Models of the later stages in ONNX: what was for training leaves no trace, other heads stand in the logits' place. */
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { describe, expect, it } from 'vitest'
import { gptGraph } from '../../../electron/graph/gpt.ts'
import type { Graph } from '../../../electron/graph/graph.ts'
import { classifierGraph, policyGraph, preferenceGraph, rewardGraph, valueGraph } from '../../../electron/graph/heads.ts'
import { initialise } from '../../../electron/graph/initialisation.ts'
import { exportOnnx } from '../../../electron/onnx/export.ts'

const config = { layers: 2, heads: 2, channels: 8, context: 16, vocabulary: 11, bias: true, tied: true, dropout: 0.1 }
const tokens = [3, 1, 4, 1, 5]

async function run(graph: Graph) {
  const session = await InferenceSession.create(exportOnnx(graph, initialise(graph, 7), 'full'), { logSeverityLevel: 3 })
  const ids = new Tensor('int64', BigInt64Array.from(tokens, BigInt), [1, tokens.length])
  const results = await session.run({ input_ids: ids })
  await session.release()
  return results
}

describe.each([
  ['reward', rewardGraph(config), 'scores', 1],
  ['value', valueGraph(config, { clip: 0.2 }), 'values', 1],
  ['classifier', classifierGraph(config, 3), 'classes', 3]
] as const)('a %s graph', (_, graph, name, columns) => {
  it(`has ${name} in the full form, with its attention and residuals, and no lens`, async () => {
    const results = await run(graph)
    expect(results[name]!.dims).toEqual([1, tokens.length, columns])
    expect(Object.keys(results).sort()).toEqual(
      [name, 'attention.0', 'attention.1', 'residual.0', 'residual.1', 'residual.2'].sort()
    )
  })

  it.each(['cached', 'delta'] as const)('has no %s form', form => {
    expect(() => exportOnnx(graph, initialise(graph, 7), form)).toThrow(expect.objectContaining({ code: 'export-form' }))
  })
})

describe.each([
  ['policy', policyGraph(config, { temperature: 0.7, clip: 0.2 })],
  ['preference', preferenceGraph(config, { beta: 0.1 })]
] as const)('a %s graph', (_, graph) => {
  it.each(['full', 'cached', 'delta'] as const)('is a plain GPT in the %s form', form => {
    const plain: Graph = { ...gptGraph(config), name: graph.name }
    const parameters = initialise(plain, 7)
    expect(Buffer.from(exportOnnx(graph, parameters, form)).equals(exportOnnx(plain, parameters, form))).toBe(true)
  })
})
