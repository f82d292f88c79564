import { describe, expect, it } from 'vitest'
import type { DecodeRows, Plan } from '../../electron/engine/plan.ts'
import { engine, graphOf, integers, largestDifference, livelyParameters, planOf } from './small-models.ts'

const graph = graphOf()
const { context, vocabulary } = graph
const options = { batch: 1, length: context, threads: 2, streams: 3 }

/** Rows given as [stream, position, token]. */
const rows = (list: readonly (readonly [number, number, number])[]): DecodeRows => ({
  streams: Int32Array.from(list, row => row[0]),
  positions: Int32Array.from(list, row => row[1]),
  tokens: Int32Array.from(list, row => row[2])
})

/** Rows that feed a text into a stream from a position on. */
const feed = (stream: number, tokens: Int32Array, from = 0) =>
  Array.from(tokens, (token, i) => [stream, from + i, token] as const)

const text = (seed: number, length: number) => integers(length, vocabulary, seed)
const decodeText = (plan: Plan, tokens: Int32Array, stream = 0) => plan.decode(rows(feed(stream, tokens)))

describe.each(engine.simds)('decode with %s kernels', simd => {
  it('gives the logits of the whole sequence, however it is cut into calls', async () => {
    const plan = await planOf(graph, { ...options, simd })
    const tokens = text(1, context)
    const whole = await plan.logits(tokens, context)
    expect(largestDifference(await decodeText(plan, tokens), whole)).toBeLessThan(1e-5)
    const cut = new Float32Array(whole.length)
    for (let from = 0; from < context;) {
      const part = tokens.subarray(from, from + 1 + (from % 5))
      cut.set(await plan.decode(rows(feed(1, part, from))), from * vocabulary)
      from += part.length
    }
    expect(largestDifference(cut, whole)).toBeLessThan(1e-5)
  })

  it('gives a stream the same bits whatever is decoded beside it', async () => {
    const plan = await planOf(graph, { ...options, simd, streams: 3 })
    const texts = [text(1, 17), text(2, 5), text(3, 11)]
    const alone: Float32Array[] = []
    for (const [stream, tokens] of texts.entries()) {
      const parts: number[] = []
      for (let t = 0; t < tokens.length; t++) parts.push(...(await plan.decode(rows([[stream, t, tokens[t]!]]))))
      alone.push(Float32Array.from(parts))
    }
    // 33 rows: more than one pass takes.
    const together = await plan.decode(rows(texts.flatMap((tokens, stream) => feed(stream, tokens))))
    expect(together).toEqual(Float32Array.from(alone.flatMap(part => [...part])))
  })

  it('forgets what lies behind a position that it goes back to', async () => {
    const plan = await planOf(graph, { ...options, simd })
    const [first, second] = [text(4, 9), text(5, 6)]
    await decodeText(plan, first)
    const branched = await plan.decode(rows(feed(0, second, 4)))
    const joined = Int32Array.from([...first.subarray(0, 4), ...second])
    const fresh = (await decodeText(plan, joined, 1)).subarray(4 * vocabulary)
    expect(branched).toEqual(fresh)
    await expect(plan.decode(rows([[0, 11, 1]]))).rejects.toMatchObject({ code: 'engine-input' })
  })

  it('goes on where generate has stopped', async () => {
    const plan = await planOf(graph, { ...options, simd })
    const prompt = text(6, 4)
    const { tokens } = await plan.generate({ prompts: [prompt], maxTokens: 3, temperature: 1, seed: 5 })
    // The last token drawn has not been read.
    const last = tokens[0]!.at(-1)!
    const continued = await plan.decode(rows([[0, 6, last]]))
    const whole = await plan.logits(Int32Array.from([...prompt, ...tokens[0]!]), 7)
    expect(largestDifference(continued, whole.subarray(6 * vocabulary))).toBeLessThan(1e-5)
  })
})

describe('decode refuses', () => {
  const refused = async (list: Parameters<typeof rows>[0], code: string, details = {}) => {
    const plan = await planOf(graph, options)
    await plan.decode(rows(feed(0, text(1, 3))))
    await expect(plan.decode(rows(list))).rejects.toMatchObject({ code, details })
    // What the stream held is still there.
    await expect(plan.decode(rows([[0, 3, 1]]))).resolves.toHaveLength(vocabulary)
  }
  it('no rows', () => refused([], 'engine-input'))
  it('a stream that the plan has not', () => refused([[3, 0, 1]], 'engine-input', { input: 'streams', received: 3 }))
  it('a negative stream', () => refused([[-1, 0, 1]], 'engine-input'))
  it('a gap', () => refused([[0, 4, 1]], 'engine-input', { input: 'positions', expected: 3, received: 4 }))
  it('a gap within the call', () =>
    refused(
      [
        [0, 3, 1],
        [0, 5, 1]
      ],
      'engine-input'
    ))
  it('rows of one stream that fall', () =>
    refused(
      [
        [0, 2, 1],
        [0, 1, 1]
      ],
      'engine-input'
    ))
  it('a negative position', () => refused([[0, -1, 1]], 'engine-input'))
  it('a position past the context', () => refused([[0, context, 1]], 'context-too-long', { context }))
  it('a token out of range', () => refused([[0, 3, vocabulary]], 'token-out-of-range', { token: vocabulary, vocabulary }))
  it('arrays of different lengths', async () => {
    const plan = await planOf(graph, options)
    const uneven = { streams: new Int32Array(2), positions: new Int32Array(1), tokens: new Int32Array(1) }
    await expect(plan.decode(uneven)).rejects.toMatchObject({ code: 'engine-input' })
  })
  it('a plan without streams', async () => {
    const plan = await planOf(graph, { ...options, streams: 0 })
    await expect(plan.decode(rows([[0, 0, 1]]))).rejects.toMatchObject({ code: 'engine-input' })
  })
  it('to go on from keys of other parameters', async () => {
    const plan = await planOf(graph, options)
    await decodeText(plan, text(1, 3))
    await plan.writeParameters(livelyParameters(graph, 2))
    await expect(plan.decode(rows([[0, 3, 1]]))).rejects.toMatchObject({ code: 'engine-input', details: { expected: 0 } })
  })
})
