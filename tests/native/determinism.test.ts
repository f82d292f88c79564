/** Same seed, same bits: whatever the number of threads, how they wait, and what runs beside them. */
import { createHash } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { describe, expect, it } from 'vitest'
import type { Plan, PlanOptions, Simd } from '../../electron/engine/plan.ts'
import { policyGraph, preferenceGraph, rewardGraph, valueGraph } from '../../electron/graph/heads.ts'
import type { Graph } from '../../electron/graph/graph.ts'
import { inputsOf } from './operation-cases.ts'
import { engine, gptBatch, graphOf, integers, planOf } from './small-models.ts'

const steps = 30

/** Short sequences share blocks of rows; long ones have several. Neither can be shared out evenly. */
const cases = {
  'short sequences': {
    graph: graphOf({ layers: 2, heads: 2, channels: 10, context: 5, vocabulary: 11, dropout: 0.2 }),
    shape: { batch: 13, length: 5 }
  },
  'long sequences': {
    graph: graphOf({ layers: 2, heads: 3, channels: 21, context: 70, vocabulary: 37, dropout: 0.1 }),
    shape: { batch: 3, length: 70 }
  }
}

const optimiserOf = (graph: Graph) => ({
  beta1: 0.9,
  beta2: 0.99,
  epsilon: 1e-8,
  weightDecay: 0.1,
  decayed: graph.parameters.filter(({ shape }) => shape.length > 1).map(({ name }) => name),
  clip: 1
})

/** Everything that a run leaves, as one hash: losses, norms, parameters, moments, logits. */
async function fingerprint(plan: Plan, graph: Graph, shape: { batch: number; length: number }): Promise<string> {
  const trained = await plan.train(gptBatch(graph, shape, steps), new Float64Array(steps).fill(3e-3))
  const { parameters, firstMoments, secondMoments } = await plan.readState()
  const hash = createHash('sha256')
  const add = (values: Float32Array | Float64Array) =>
    hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
  add(trained.losses)
  add(trained.gradientNorms)
  for (const set of [parameters, firstMoments, secondMoments]) for (const values of set.values()) add(values)
  add(await plan.logits(integers(shape.length, graph.vocabulary, 3), shape.length))
  add(await plan.evaluate(gptBatch(graph, shape, 1, 55)))
  return hash.digest('hex')
}

async function run(name: keyof typeof cases, options: Pick<PlanOptions, 'threads' | 'simd' | 'wait' | 'seed'>): Promise<string> {
  const { graph, shape } = cases[name]
  const plan = await planOf(graph, { ...shape, seed: 5, optimiser: optimiserOf(graph), ...options })
  try {
    return await fingerprint(plan, graph, shape)
  } finally {
    await plan.close()
  }
}

describe.each(Object.keys(cases) as (keyof typeof cases)[])('%s', name => {
  describe.each(engine.simds)('with %s kernels give the same bits', simd => {
    const alone = run(name, { threads: 1, simd })
    it.each([2, 3, 5])('on %i threads that spin', async threads => {
      expect(await run(name, { threads, simd, wait: 'spin' })).toBe(await alone)
    })
    it.each([2, 3, 5])('on %i threads that sleep', async threads => {
      expect(await run(name, { threads, simd, wait: 'sleep' })).toBe(await alone)
    })
    it('on more threads than the machine has cores', async () => {
      expect(await run(name, { threads: 2 * availableParallelism() + 3, simd })).toBe(await alone)
    })
    it('in several plans at once', async () => {
      const together = await Promise.all([2, 1, 3, 2].map(threads => run(name, { threads, simd })))
      expect(together).toEqual(new Array(4).fill(await alone))
    })
  })

  it('depend on the seed of the dropout masks, and on the kernel set', async () => {
    const seeds = await Promise.all([5, 6].map(seed => run(name, { threads: 2, seed })))
    expect(seeds[0]).not.toBe(seeds[1])
    const [first, second] = ['reference', engine.simd] satisfies Simd[]
    if (first !== second) expect(await run(name, { threads: 2, simd: first })).not.toBe(seeds[0])
  })
})

describe('the losses of the later stages', () => {
  const config = { layers: 2, heads: 3, channels: 21, vocabulary: 37, bias: true, tied: true, dropout: 0.1 }
  const graphs = (context: number) =>
    Object.entries({
      'clipped policy loss': policyGraph({ ...config, context }, { temperature: 0.7, clip: 0.2, beta: 0.1 }),
      'value loss': valueGraph({ ...config, context }, { clip: 0.2 }),
      'pairwise loss': rewardGraph({ ...config, context }),
      'preference loss': preferenceGraph({ ...config, context }, { beta: 0.1 })
    }).map(([name, graph]) => ({ name, graph, shape: { batch: 6, length: context } }))

  async function trained(graph: Graph, shape: { batch: number; length: number }, options: Pick<PlanOptions, 'threads' | 'simd'>) {
    const plan = await planOf(graph, { ...shape, seed: 5, optimiser: optimiserOf(graph), ...options })
    const batch = inputsOf(graph, shape)
    const losses = []
    for (let step = 0; step < 5; step++)
      losses.push(await plan.train(batch, Float64Array.of(3e-3)).then(result => result.losses[0]))
    const outputs = Object.keys(graph.outputs).filter(name => name !== 'loss')
    const values = await Promise.all(outputs.map(name => plan.outputs(batch, name)))
    const state = await plan.readState()
    await plan.close()
    return { losses, values, state }
  }

  // Sequences that share a block of rows, and sequences of several blocks.
  describe.each([...graphs(5), ...graphs(70)])('$name over $shape.length tokens', ({ graph, shape }) => {
    it.each(engine.simds)('have the same bits on any number of threads, with %s kernels', async simd => {
      const alone = await trained(graph, shape, { threads: 1, simd })
      for (const threads of [2, 3, 7]) expect(await trained(graph, shape, { threads, simd })).toEqual(alone)
    })
  })
})

describe('logits', () => {
  it.each(engine.simds)('have the same bits for a sequence alone and among others, with %s kernels', async simd => {
    const { graph, shape } = cases['long sequences']
    const plan = await planOf(graph, { ...shape, threads: 2, simd })
    // Seven sequences: two whole batches and one that is not full.
    const tokens = integers(7 * 41, graph.vocabulary, 9)
    const together = await plan.logits(tokens, 41)
    const size = 41 * graph.vocabulary
    for (let i = 0; i < 7; i++)
      expect(await plan.logits(tokens.slice(i * 41, (i + 1) * 41), 41)).toEqual(together.slice(i * size, (i + 1) * size))
  })
})
