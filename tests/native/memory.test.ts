/**
 * Memory is planned once. What would make these fail: an allocation in a step that is not given back
 * (1 kB a step shows as 2 MB), call data kept after their promise has settled, threads or blocks that
 * outlive their plan.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { engine, gptBatch, graphOf, livelyParameters, planOf } from './small-models.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Resident memory in MB, after everything that can go has gone. */
async function resident(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    collect()
    await pause(5)
  }
  return process.memoryUsage().rss / 2 ** 20
}

const graph = graphOf({ layers: 2, heads: 4, channels: 32, context: 32, vocabulary: 40, dropout: 0.1 })
const shape = { batch: 4, length: 32 }
const simd = engine.simd

describe('memory', () => {
  it('does not grow over 2,000 steps', async () => {
    const plan = await planOf(graph, { ...shape, threads: 2, streams: 4, simd })
    const hundred = gptBatch(graph, shape, 100)
    const rates = new Float64Array(100).fill(1e-4)
    const evaluated = gptBatch(graph, shape, 2)
    const round = async () => {
      await plan.train(hundred, rates)
      await plan.evaluate(evaluated)
      await plan.generate({ prompts: [Int32Array.of(1), Int32Array.of(2)], maxTokens: 20, temperature: 1, seed: 1 })
      await plan.decode({ streams: Int32Array.of(3), positions: Int32Array.of(0), tokens: Int32Array.of(1) })
      await plan.readState()
    }
    // The first rounds warm up what JavaScript keeps.
    for (let i = 0; i < 5; i++) await round()
    const before = await resident()
    for (let i = 0; i < 20; i++) await round()
    expect((await plan.readState()).step).toBe(2500)
    expect((await resident()) - before).toBeLessThan(1.5)
  })

  it('of closed plans is given back', async () => {
    const large = graphOf({ layers: 4, heads: 4, channels: 128, context: 128, vocabulary: 300 })
    const parameters = livelyParameters(large, 1)
    const once = async () => {
      const plan = engine.compile(large, { batch: 4, length: 128, threads: 3, streams: 8, simd })
      await plan.writeParameters(parameters)
      await plan.gradients(gptBatch(large, { batch: 4, length: 128 }))
      const { bytes } = plan
      await plan.close()
      return bytes / 2 ** 20
    }
    const planned = await once()
    await once()
    const before = await resident()
    for (let i = 0; i < 8; i++) await once()
    // One plan that stayed would be several times the slack.
    expect(planned).toBeGreaterThan(30)
    expect((await resident()) - before).toBeLessThan(10)
  })

  it('is touched once: a step makes no page resident that was not', async () => {
    const large = graphOf({ layers: 4, heads: 4, channels: 128, context: 128, vocabulary: 300 })
    const plan = await planOf(large, { batch: 4, length: 128, threads: 2, simd })
    const batch = gptBatch(large, { batch: 4, length: 128 })
    // Writing the parameters has prepared the plan.
    const before = await resident()
    await plan.gradients(batch)
    expect((await resident()) - before).toBeLessThan(plan.bytes / 2 ** 20 / 4)
  })
})
