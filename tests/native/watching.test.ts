/** An output that is watched while a plan trains: as each step's update found it. */
import { describe, expect, it } from 'vitest'
import { policyGraph, valueGraph } from '../../electron/graph/heads.ts'
import { inputsOf } from './operation-cases.ts'
import { engine, oddGpt, planOf } from './small-models.ts'

const shape = { batch: 4, length: 19 }
const steps = 3
const graphs = {
  logProbabilities: policyGraph(oddGpt, { temperature: 0.7, clip: 0.2 }),
  values: valueGraph(oddGpt, { clip: 0.2 })
}

describe.each(engine.simds)('watching with %s kernels', simd => {
  it.each(['logProbabilities', 'values'] as const)('gives the %s of every batch before its update', async name => {
    const graph = graphs[name]
    const inputs = inputsOf(graph, { ...shape, batch: steps * shape.batch })
    const options = { ...shape, threads: 2, simd }
    const [watching, stepping] = [await planOf(graph, options), await planOf(graph, options)]
    const { watched, losses } = await watching.train(inputs, new Float64Array(steps).fill(1e-2), name)
    const rows = shape.batch * shape.length
    expect(watched).toHaveLength(steps * rows)
    for (let step = 0; step < steps; step++) {
      const batch = Object.fromEntries(
        Object.entries(inputs).map(([input, values]) => [input, values.slice(step * rows, (step + 1) * rows)])
      )
      const before = await stepping.outputs(batch, name)
      expect(watched!.slice(step * rows, (step + 1) * rows)).toEqual(before)
      // Watching changes nothing.
      expect((await stepping.train(batch, Float64Array.of(1e-2))).losses[0]).toBe(losses[step])
    }
  })

  it('refuses what has more columns, and names that nothing has', async () => {
    const plan = await planOf(graphs.logProbabilities, { ...shape, threads: 1, simd })
    const inputs = inputsOf(graphs.logProbabilities, shape)
    for (const name of ['logits', 'loss', 'nothing'])
      await expect(plan.train(inputs, Float64Array.of(1e-3), name)).rejects.toMatchObject({ code: 'engine-input' })
  })
})
