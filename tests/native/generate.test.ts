/** Cached generation against logits that are computed anew for every token. */
import { describe, expect, it } from 'vitest'
import type { Plan } from '../../electron/engine/plan.ts'
import { drawIndex, seededRandom } from '../../electron/sampling/random.ts'
import { engine, graphOf, integers, planOf } from './small-models.ts'

const graph = graphOf({ context: 60 })
const { context, vocabulary } = graph
const text = (seed: number, length: number) => integers(length, vocabulary, seed)

/** Softmax of logits / temperature, in 64 bits. */
function distribution(logits: Float32Array, temperature: number): Float64Array {
  const most = Math.max(...logits)
  const exponentials = Float64Array.from(logits, logit => Math.exp((logit - most) / temperature))
  const sum = exponentials.reduce((total, value) => total + value, 0)
  return exponentials.map(value => value / sum)
}

interface Settings {
  readonly maxTokens: number
  readonly temperature: number
  readonly seed: number
  readonly endTokens?: readonly number[]
}

/** The definition: full forward pass for each token, drawn with the stream's own generator. */
async function generateSlowly(plan: Plan, prompt: Int32Array, stream: number, settings: Settings) {
  const random = seededRandom(settings.seed, stream)
  const tokens = [...prompt]
  const logProbabilities: number[] = []
  while (tokens.length - prompt.length < settings.maxTokens && tokens.length <= context) {
    const logits = await plan.logits(Int32Array.from(tokens), tokens.length)
    const p = distribution(logits.slice(-vocabulary), settings.temperature)
    const token = drawIndex(p, random.uniform())
    tokens.push(token)
    logProbabilities.push(Math.log(p[token]!))
    if (settings.endTokens?.includes(token)) break
  }
  return { tokens: Int32Array.from(tokens.slice(prompt.length)), logProbabilities }
}

async function compare(plan: Plan, prompts: readonly Int32Array[], settings: Settings) {
  const generated = await plan.generate({ prompts, ...settings })
  expect(generated.tokens).toHaveLength(prompts.length)
  for (const [stream, prompt] of prompts.entries()) {
    const expected = await generateSlowly(plan, prompt, stream, settings)
    expect(generated.tokens[stream]).toEqual(expected.tokens)
    expected.logProbabilities.forEach((value, i) => expect(generated.logProbabilities[stream]![i]).toBeCloseTo(value, 4))
  }
  return generated
}

describe.each(engine.simds)('generate with %s kernels', simd => {
  const options = { batch: 1, length: context, threads: 2, streams: 6, simd }

  it('is the first thing that a plan may be asked for', async () => {
    const plan = await planOf(graph, options)
    await compare(plan, [text(1, 5)], { maxTokens: 8, temperature: 1, seed: 1 })
  })

  it.each([0.5, 1, 1.7])('draws from softmax of logits / %d, several streams at once', async temperature => {
    const plan = await planOf(graph, options)
    const prompts = [1, 4, 9, 2, 17, 3].map((length, i) => text(10 + i, length))
    await compare(plan, prompts, { maxTokens: 20, temperature, seed: 1234 })
  })

  it('reads prompts longer than a pass takes rows, to the end of the context', async () => {
    const plan = await planOf(graph, options)
    const prompts = [text(20, 45), text(21, 2), text(22, context)]
    const { tokens } = await compare(plan, prompts, { maxTokens: 100, temperature: 1, seed: 9 })
    // The token after a full context is the last.
    expect(tokens.map(({ length }) => length)).toEqual([context - 45 + 1, context - 2 + 1, 1])
  })

  it('stops a stream at an end token and keeps it as the last', async () => {
    const plan = await planOf(graph, options)
    const prompts = [text(30, 3), text(31, 3), text(32, 3), text(33, 3)]
    const endTokens = Array.from({ length: 6 }, (_, i) => i * 6)
    const { tokens } = await compare(plan, prompts, { maxTokens: 50, temperature: 1, seed: 3, endTokens })
    for (const stream of tokens) {
      expect(endTokens).toContain(stream.at(-1))
      expect(stream.subarray(0, -1).some(token => endTokens.includes(token))).toBe(false)
    }
    expect(new Set(tokens.map(({ length }) => length)).size).toBeGreaterThan(1)
  })

  it('gives the same bits on any number of threads, and a stream the same whatever is beside it', async () => {
    const prompts = [text(40, 33), text(41, 1), text(42, 12), text(43, 20), text(44, 2), text(45, 50)]
    const settings = { maxTokens: 25, temperature: 0.9, seed: 77 }
    const plan = await planOf(graph, options)
    const { tokens, logProbabilities } = await plan.generate({ prompts, ...settings })
    for (const threads of [1, 3, 5]) {
      const other = await planOf(graph, { ...options, threads, wait: threads === 3 ? 'sleep' : 'spin' })
      expect(await other.generate({ prompts, ...settings })).toMatchObject({ tokens, logProbabilities })
    }
    // Each stream with the others cut to a single token: other rows beside it, its own draws the same.
    for (const stream of prompts.keys()) {
      const fewer = prompts.map((prompt, i) => (i === stream ? prompt : prompt.slice(0, 1)))
      const alone = await plan.generate({ prompts: fewer.slice(0, stream + 1), ...settings })
      expect(alone.tokens[stream]).toEqual(tokens[stream])
      expect(alone.logProbabilities[stream]).toEqual(logProbabilities[stream])
    }
  })
})

describe('the draws', () => {
  it('follow the distribution', async () => {
    const plan = await planOf(graph, { batch: 1, length: context, threads: 2, streams: 64 })
    const prompt = text(50, 4)
    const p = distribution((await plan.logits(prompt, 4)).slice(-vocabulary), 1)
    const counts = new Float64Array(vocabulary)
    const total = 64 * 60
    for (let seed = 0; seed < 60; seed++) {
      const { tokens } = await plan.generate({ prompts: new Array(64).fill(prompt), maxTokens: 1, temperature: 1, seed })
      for (const [token] of tokens) counts[token!]!++
    }
    // Five standard deviations of each count: a seed that failed would be one in thousands.
    counts.forEach((count, token) =>
      expect(Math.abs(count - total * p[token]!)).toBeLessThan(5 * Math.sqrt(total * p[token]!) + 3)
    )
  })
})
