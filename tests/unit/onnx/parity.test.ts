/** ONNX against a plain GPT in 64-bit floats and against the engine: two references that share no code with it. */
import { describe, expect, it } from 'vitest'
import { loadEngine } from '../../../electron/engine/engine.ts'
import { neutralSampling } from '../../../electron/contract/probe.ts'
import { softmax } from '../../../electron/sampling/stages.ts'
import { runPlainGpt } from './plain-gpt.ts'
import { largestDifference, nameOf, oddModels, openSmall, someTokens } from './small-models.ts'

const greedy = { ...neutralSampling, greedy: true }

for (const config of oddModels)
  describe(nameOf(config), () => {
    let opened: ReturnType<typeof openSmall> | undefined
    const open = () => (opened ??= openSmall(config))
    const tokens = someTokens(Math.min(config.context, 31), config.vocabulary)

    it('gives the logits, attention and lens of the plain GPT in its full form', async () => {
      const { session, parameters } = await open()
      const plain = runPlainGpt(config, parameters, [...tokens])
      const run = await session.inspect!(tokens)
      expect(largestDifference(run.logits, plain.logits.flat())).toBeLessThan(1e-4)
      expect(largestDifference(run.attention, plain.attention.flat(3))).toBeLessThan(1e-5)
      expect(largestDifference(run.lens, plain.lens.flat())).toBeLessThan(1e-4)
      expect([run.layers, run.heads]).toEqual([config.layers, config.heads])
    })

    it('gives the engine’s logits in both forms', async () => {
      const { session, parameters, graph } = await open()
      const plan = loadEngine().compile(graph, { batch: 1, length: tokens.length, threads: 1 })
      await plan.writeParameters(parameters)
      const expected = await plan.logits(tokens, tokens.length)
      await plan.close()
      expect(largestDifference((await session.inspect!(tokens)).logits, expected)).toBeLessThan(1e-4)
      const last = expected.subarray(expected.length - config.vocabulary)
      expect(largestDifference(await session.next(tokens), last)).toBeLessThan(1e-4)
    })

    it('says token by token what the full form says of the whole text, up to a full context', async () => {
      const { session } = await open()
      const prompt = tokens.subarray(0, 5)
      const settings = { ...neutralSampling, temperature: 1.5 }
      const [stream] = await session.decode({ prompts: [prompt], settings, seed: 3, maxTokens: 10_000, endTokens: [] })
      expect(stream!.ended).toBe('context')
      expect(stream!.tokens.length).toBe(config.context - prompt.length + 1)
      const text = Int32Array.of(...prompt, ...stream!.tokens)
      const { logits } = await session.inspect!(text.subarray(0, config.context))
      const expected = Array.from(stream!.tokens, (id, i) => {
        const row = prompt.length - 1 + i
        return softmax(logits.subarray(row * config.vocabulary, (row + 1) * config.vocabulary).map(logit => logit / 1.5))[id]!
      })
      expect(largestDifference(stream!.probabilities, expected)).toBeLessThan(1e-4)
    })

    // Half precision keeps 11 bits of a weight, eight-bit weights 7 and activations 7 more; logits here span about ±10.
    for (const [form, tolerance] of [
      ['fp16', 0.05],
      ['int8', 1]
    ] as const)
      it(`stays within ${tolerance} of the float32 logits with ${form} weights`, async () => {
        const exact = await (await open()).session.next(tokens)
        const { session } = await openSmall(config, { form })
        expect(session.description.weights).toBe(form)
        const difference = largestDifference(await session.next(tokens), exact)
        expect(difference).toBeLessThan(tolerance)
        expect(difference).toBeGreaterThan(0)
      })

    it('takes the most probable token when greedy', async () => {
      const { session } = await open()
      const [stream] = await session.decode({ prompts: [tokens], settings: greedy, seed: 0, maxTokens: 1, endTokens: [] })
      const logits = await session.next(tokens)
      expect(stream!.tokens).toEqual(Int32Array.of(logits.indexOf(Math.max(...logits))))
      expect(stream!.probabilities[0]).toBeCloseTo(Math.max(...softmax(logits)), 6)
    })
  })
