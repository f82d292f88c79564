/** Rollouts of the engine, and their way between the engine's layout and that of advantages.ts. */
import { afterAll, describe, expect, it } from 'vitest'
import { loadEngine } from '../../../electron/engine/engine.ts'
import { gptGraph } from '../../../electron/graph/gpt.ts'
import { initialise } from '../../../electron/graph/initialisation.ts'
import { seededRandom } from '../../../electron/sampling/random.ts'
import { tokenLogProbabilities } from '../../../electron/training/ppo-losses.ts'
import { packForReward } from '../../../electron/training/reward-scores.ts'
import { atResponses, atTokens, packRollouts, rollOut, takeRows } from '../../../electron/training/rollouts.ts'

const config = { layers: 1, heads: 2, channels: 8, context: 16, vocabulary: 7, bias: true, tied: true, dropout: 0 }
const graph = gptGraph(config)
const plan = loadEngine().compile(graph, { batch: 1, length: 16, threads: 2, streams: 4 })
afterAll(() => plan.close())

const ids = (...values: number[]) => Int32Array.from(values)
const options = { streams: 4, maxTokens: 6, temperature: 0.7, endToken: 5 }

describe('rollOut', () => {
  it('answers more prompts than there are streams, and says with which probabilities', async () => {
    await plan.writeParameters(initialise(graph, 3))
    const prompts = Array.from({ length: 11 }, (_, i) => ids(i % 7, 1, ...(i % 2 ? [2] : [])))
    const rollouts = await rollOut(plan, prompts, options, seededRandom(1))
    expect(rollouts.map(({ prompt }) => prompt)).toEqual(prompts)
    for (const { prompt, response, logProbabilities, ended } of rollouts) {
      expect(ended).toBe(response.at(-1) === 5)
      expect(ended || response.length === 6).toBe(true)
      const packed = packRollouts([{ prompt, response }], prompt.length + response.length - 1)
      const logits = await plan.logits(packed.tokens, packed.length)
      const wanted = tokenLogProbabilities(
        logits,
        packed.targets.map(target => Math.max(0, target)),
        0.7
      )
      atResponses(wanted, packed).forEach((value, t) => expect(logProbabilities[t]).toBeCloseTo(value, 4))
    }
    expect(rollouts.some(({ ended }) => ended) && rollouts.some(({ ended }) => !ended)).toBe(true)
  })

  it('says the same with the same seed, and something else with another', async () => {
    const prompts = Array.from({ length: 6 }, () => ids(1, 2))
    const answers = async (seed: number) =>
      (await rollOut(plan, prompts, options, seededRandom(seed))).map(({ response }) => [...response])
    expect(await answers(4)).toEqual(await answers(4))
    expect(await answers(4)).not.toEqual(await answers(5))
  })
})

describe('layouts', () => {
  const rollouts = [
    { prompt: ids(1, 2, 3), response: ids(4, 5), ended: true },
    { prompt: ids(6), response: ids(2, 3, 4), ended: false }
  ]
  const packed = packRollouts(rollouts, 5)

  it('puts prompt and answer one after another, and foretells the answer only', () => {
    expect([...packed.tokens]).toEqual([1, 2, 3, 4, 0, 6, 2, 3, 0, 0])
    expect([...packed.targets]).toEqual([-1, -1, 4, 5, -1, 2, 3, 4, -1, -1])
    expect(packed.shape).toEqual({ length: 3, lengths: [2, 3] })
  })

  it('carries values from one layout to the other and back', () => {
    const values = Float32Array.from({ length: 10 }, (_, i) => i + 0.5)
    const responses = atResponses(values, packed)
    expect([...responses]).toEqual([2.5, 3.5, 0, 5.5, 6.5, 7.5])
    expect([...atTokens(responses, packed)]).toEqual([0, 0, 2.5, 3.5, 0, 5.5, 6.5, 7.5, 0, 0])
  })

  it('takes rows in the order asked for', () => {
    expect([...takeRows(packed.tokens, 5, [1, 0])]).toEqual([6, 2, 3, 0, 0, 1, 2, 3, 4, 0])
    expect([...takeRows(Float32Array.of(1, 2, 3), 1, [2])]).toEqual([3])
  })

  it('refuses what does not fit', () => {
    expect(() => packRollouts(rollouts, 3)).toThrow(expect.objectContaining({ code: 'context-too-long' }))
  })

  it('closes an answer for the reward model, also one that was cut off', () => {
    const { tokens, at } = packForReward(rollouts, 6, { endToken: 5, rewardToken: 9 })
    expect([...tokens]).toEqual([1, 2, 3, 4, 5, 9, 6, 2, 3, 4, 5, 9])
    expect([...at]).toEqual([5, 5])
  })
})
