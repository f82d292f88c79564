/** What a training call may be asked besides: to watch an output, and to read shorter sequences than planned. */
import { describe, expect, it } from 'vitest'
import { policyGraph, valueGraph } from '../../electron/graph/heads.ts'
import { inputsOf } from './operation-cases.ts'
import { engine, oddGpt, planOf, relativeDifference } from './small-models.ts'

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
    const { watched, losses } = await watching.train(inputs, new Float64Array(steps).fill(1e-2), { watch: name })
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
      await expect(plan.train(inputs, Float64Array.of(1e-3), { watch: name })).rejects.toMatchObject({ code: 'engine-input' })
  })
})

describe.each(engine.simds)('shorter sequences with %s kernels', simd => {
  it.each(['logProbabilities', 'values'] as const)('train as the planned ones do whose rest does not count (%s)', async name => {
    const graph = graphs[name]
    const options = { ...shape, threads: 2, simd }
    const [cut, padded] = [await planOf(graph, options), await planOf(graph, options)]
    const short = 11
    const whole = inputsOf(graph, shape)
    const inputs = inputsOf(graph, { batch: shape.batch, length: short })
    const filled = Object.fromEntries(
      Object.entries(inputs).map(([input, values]) => {
        const rest =
          values instanceof Int32Array ? new Int32Array(shape.batch * shape.length) : new Float32Array(shape.batch * shape.length)
        if (input === 'targets') rest.fill(-1)
        for (let row = 0; row < shape.batch; row++) rest.set(values.subarray(row * short, (row + 1) * short), row * shape.length)
        return [input, rest]
      })
    )
    const rate = Float64Array.of(1e-3)
    // After whole ones, whose gradients at later positions must not stay.
    for (const plan of [cut, padded]) await plan.train(whole, rate)
    for (let step = 0; step < 3; step++) {
      const shorter = await cut.train(inputs, rate, { length: short, watch: name })
      const longer = await padded.train(filled, rate)
      expect(shorter.losses[0]).toBeCloseTo(longer.losses[0]!, 5)
      expect(shorter.gradientNorms[0]).toBeCloseTo(longer.gradientNorms[0]!, 4)
      expect(shorter.watched).toHaveLength(shape.batch * short)
    }
    const [a, b] = [await cut.readState(), await padded.readState()]
    for (const [parameter, moments] of b.firstMoments)
      expect(relativeDifference(a.firstMoments.get(parameter)!, moments), parameter).toBeLessThan(1e-4)
  })

  it('are no longer than planned, and whole', async () => {
    const plan = await planOf(graphs.values, { ...shape, threads: 1, simd })
    const train = (of: number, length: number) =>
      plan.train(inputsOf(graphs.values, { batch: shape.batch, length: of }), Float64Array.of(1e-3), { length })
    await expect(train(20, 20)).rejects.toMatchObject({ code: 'context-too-long' })
    await expect(train(11, 12)).rejects.toMatchObject({ code: 'engine-input' })
  })
})
