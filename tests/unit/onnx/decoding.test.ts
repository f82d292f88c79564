/** Several streams at once, cancelling, and prompts that cannot be read. */
import { describe, expect, it } from 'vitest'
import { neutralSampling } from '../../../electron/contract/probe.ts'
import type { DecodedToken } from '../../../electron/onnx/inference.ts'
import { largestDifference, oddModels, openSmall, someTokens } from './small-models.ts'

const config = oddModels[0]!
const settings = { ...neutralSampling, temperature: 2 }

describe('several streams', () => {
  it('each say what they would say alone, whatever their lengths, while others end', async () => {
    const { session } = await openSmall(config)
    // Lengths on both sides of the cache's buckets of 64; the last has no room for more than one token.
    const prompts = [3, 64, 17, 65, 1, 128, 150].map((length, i) => someTokens(length, config.vocabulary, i))
    // Greedy, since a stream alone draws with another generator than one in company.
    const request = { settings: { ...settings, greedy: true, repetitionPenalty: 1.3 }, seed: 0, maxTokens: 70 }
    const decodeAlone = async (prompt: Int32Array, endTokens: number[]) =>
      (await session.decode({ ...request, prompts: [prompt], endTokens }))[0]!
    const [first, second] = [await decodeAlone(prompts[0]!, []), await decodeAlone(prompts[1]!, [])]
    const endTokens = [second.tokens.find(id => !first.tokens.includes(id))!]
    const together = await session.decode({ ...request, prompts, endTokens })
    for (const [i, stream] of together.entries()) {
      const alone = await decodeAlone(prompts[i]!, endTokens)
      expect(stream.tokens, `stream ${i}`).toEqual(alone.tokens)
      expect(largestDifference(stream.probabilities, alone.probabilities)).toBeLessThan(1e-5)
      expect(stream.ended).toBe(alone.ended)
    }
    expect(together[0]!.ended).toBe('length')
    expect(together[0]!.tokens.length).toBe(70)
    expect(together[1]!.ended).toBe('end-token')
    expect(together[1]!.tokens.at(-1)).toBe(endTokens[0])
    expect(together[6]!.ended).toBe('context')
    expect(together[6]!.tokens.length).toBe(1)
  })

  it('report every token in order, as it comes', async () => {
    const { session } = await openSmall(config)
    const seen: DecodedToken[] = []
    const prompts = [someTokens(4, config.vocabulary), someTokens(9, config.vocabulary)]
    const streams = await session.decode({ prompts, settings, seed: 2, maxTokens: 12, endTokens: [] }, token => seen.push(token))
    streams.forEach(({ tokens, probabilities }, i) => {
      const own = seen.filter(({ stream }) => stream === i)
      expect(own.map(({ id }) => id)).toEqual([...tokens])
      expect(own.map(({ probability }) => probability)).toEqual([...probabilities])
    })
  })

  it('give the same tokens for the same seed and others for another', async () => {
    const { session } = await openSmall(config)
    const decode = async (seed: number) =>
      (await session.decode({ prompts: [someTokens(4, config.vocabulary)], settings, seed, maxTokens: 30, endTokens: [] }))[0]!
        .tokens
    expect(await decode(1)).toEqual(await decode(1))
    expect(await decode(1)).not.toEqual(await decode(2))
  })
})

describe('cancelling', () => {
  it('ends the streams between tokens and keeps what they have', async () => {
    const { session } = await openSmall({ ...config, context: 4000 })
    const stop = new AbortController()
    let seen = 0
    const [stream] = await session.decode(
      { prompts: [someTokens(4, config.vocabulary)], settings, seed: 1, maxTokens: 3900, endTokens: [] },
      () => ++seen === 5 && stop.abort(),
      stop.signal
    )
    expect(stream!.ended).toBe('cancelled')
    expect(stream!.tokens.length).toBeGreaterThanOrEqual(5)
    expect(stream!.tokens.length).toBeLessThan(3900)
    // The session goes on.
    expect((await session.next(Int32Array.of(1))).length).toBe(config.vocabulary)
  })

  it('gives nothing when it was cancelled before', async () => {
    const { session } = await openSmall(config)
    const signal = AbortSignal.abort()
    const request = { prompts: [Int32Array.of(1)], settings, seed: 1, maxTokens: 100, endTokens: [] }
    const [stream] = await session.decode(request, undefined, signal)
    expect(stream!.ended).toBe('cancelled')
    expect(stream!.tokens.length).toBeLessThan(100)
  })

  it('happens when the session is closed, which waits for it', async () => {
    const { session } = await openSmall({ ...config, context: 4000 })
    const decoding = session.decode({ prompts: [Int32Array.of(1)], settings, seed: 1, maxTokens: 3900, endTokens: [] })
    await session.close()
    expect((await decoding)[0]!.ended).toBe('cancelled')
    await expect(session.next(Int32Array.of(1))).rejects.toMatchObject({ code: 'session-closed' })
  })
})

describe('prompts that cannot be read', () => {
  const bad: readonly [string, number[], string][] = [
    ['no token', [], 'prompt-empty'],
    ['a token beyond the vocabulary', [1, config.vocabulary], 'token-out-of-range'],
    ['a negative token, which the runtime itself would take', [1, -1], 'token-out-of-range'],
    ['more tokens than the context', new Array<number>(config.context + 1).fill(1), 'context-too-long']
  ]
  for (const [name, tokens, code] of bad)
    it(`are refused by name: ${name}`, async () => {
      const session = (await openSmall(config)).session
      const prompt = Int32Array.from(tokens)
      await expect(session.next(prompt)).rejects.toMatchObject({ code })
      await expect(session.inspect!(prompt)).rejects.toMatchObject({ code })
      const request = { prompts: [Int32Array.of(1), prompt], settings, seed: 1, maxTokens: 2, endTokens: [] }
      await expect(session.decode(request)).rejects.toMatchObject({ code })
      expect((await session.next(Int32Array.of(1))).length).toBe(config.vocabulary)
    })
})
