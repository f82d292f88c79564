/** AdamW with clipping and chosen decay against its definition in 64 bits, step by step. */
import { describe, expect, it } from 'vitest'
import type { OptimiserOptions, TrainingState } from '../../electron/engine/plan.ts'
import type { Parameters } from '../../electron/graph/parameters.ts'
import { engine, graphOf, gptBatch, planOf, relativeDifference } from './small-models.ts'

const graph = graphOf()
const shape = { batch: 3, length: 13 }
const rates = [3e-3, 1e-3, 2e-3]
const decayed = graph.parameters.filter(({ shape }) => shape.length > 1).map(({ name }) => name)
const adamW: OptimiserOptions = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.2, decayed, clip: 0 }

function norm(gradients: Parameters): number {
  let sum = 0
  for (const values of gradients.values()) for (const value of values) sum += value * value
  return Math.sqrt(sum)
}

/** One step as PyTorch's documentation of AdamW has it, and clip_grad_norm_ before it. */
function adamWStep(state: TrainingState, gradients: Parameters, rate: number, options: OptimiserOptions) {
  const t = state.step + 1
  const scale = options.clip > 0 ? Math.min(1, options.clip / (norm(gradients) + 1e-6)) : 1
  const next = {
    parameters: new Map<string, number[]>(),
    first: new Map<string, number[]>(),
    second: new Map<string, number[]>()
  }
  for (const [name, values] of state.parameters) {
    const decay = options.decayed.includes(name) ? options.weightDecay : 0
    const g = Array.from(gradients.get(name)!, value => value * scale)
    const m = g.map((value, i) => options.beta1 * state.firstMoments.get(name)![i]! + (1 - options.beta1) * value)
    const v = g.map((value, i) => options.beta2 * state.secondMoments.get(name)![i]! + (1 - options.beta2) * value * value)
    next.first.set(name, m)
    next.second.set(name, v)
    next.parameters.set(
      name,
      Array.from(values, (value, i) => {
        const momentum = m[i]! / (1 - options.beta1 ** t)
        const deviation = Math.sqrt(v[i]! / (1 - options.beta2 ** t)) + options.epsilon
        return value * (1 - rate * decay) - (rate * momentum) / deviation
      })
    )
  }
  return next
}

describe.each(engine.simds)('AdamW of %s kernels', simd => {
  it.each([
    ['without clipping', adamW],
    ['clipped', { ...adamW, clip: 0.05 }],
    ['with a clip that is never reached', { ...adamW, clip: 1e6 }],
    ['without decay', { ...adamW, weightDecay: 0, decayed: [] }],
    ['with decay of everything', { ...adamW, decayed: graph.parameters.map(({ name }) => name) }]
  ])('%s', async (_, optimiser) => {
    const plan = await planOf(graph, { ...shape, threads: 2, simd, optimiser })
    for (const [step, rate] of rates.entries()) {
      const batch = gptBatch(graph, shape, 1, 30 + step)
      const before = await plan.readState()
      const { loss, gradients } = await plan.gradients(batch)
      const expected = adamWStep(before, gradients, rate, optimiser)
      const trained = await plan.train(batch, Float64Array.of(rate))
      expect(trained.losses[0]).toBe(loss)
      expect(relativeDifference([trained.gradientNorms[0]!], [norm(gradients)])).toBeLessThan(1e-6)
      const after = await plan.readState()
      expect(after.step).toBe(step + 1)
      for (const { name } of graph.parameters) {
        expect(relativeDifference(after.parameters.get(name)!, expected.parameters.get(name)!), name).toBeLessThan(1e-6)
        expect(relativeDifference(after.firstMoments.get(name)!, expected.first.get(name)!), name).toBeLessThan(1e-6)
        expect(relativeDifference(after.secondMoments.get(name)!, expected.second.get(name)!), name).toBeLessThan(1e-6)
      }
    }
  })

  it('goes on from a written state with the same bits', async () => {
    const options = { ...shape, threads: 2, simd, optimiser: { ...adamW, clip: 0.5 }, seed: 3 }
    const dropping = graphOf({ dropout: 0.1 })
    const [whole, first, second] = [
      await planOf(dropping, options),
      await planOf(dropping, options),
      await planOf(dropping, options)
    ]
    const part = (from: number, to: number) => {
      const { tokens, targets } = gptBatch(dropping, shape, 6)
      const each = shape.batch * shape.length
      return { tokens: tokens!.subarray(from * each, to * each), targets: targets!.subarray(from * each, to * each) }
    }
    const rate = (count: number) => new Float64Array(count).fill(2e-3)
    const all = await whole.train(part(0, 6), rate(6))
    await first.train(part(0, 4), rate(4))
    await second.writeState(await first.readState())
    const rest = await second.train(part(4, 6), rate(2))
    expect(rest.losses).toEqual(all.losses.slice(4))
    expect(await second.readState()).toEqual(await whole.readState())
  })
})
