import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CallInput, CallProgress } from '../../../electron/contract/calls.ts'
import { neutralSampling } from '../../../electron/contract/probe.ts'
import { generate } from '../../../electron/lab/generation.ts'
import { seededRandom } from '../../../electron/sampling/random.ts'
import { drawToken } from '../../../electron/sampling/sampler.ts'
import { slidingWindow } from '../../../electron/sampling/sliding-window.ts'
import { BpeTokenizer } from '../../../electron/tokenizers/bpe.ts'
import { CharacterTokenizer } from '../../../electron/tokenizers/characters.ts'
import { endOfText } from '../../../electron/tokenizers/tokenizer.ts'
import { openSmallLab, type SmallLab } from './probing.ts'

const characters = new CharacterTokenizer([...'\n abcdefgh'])
const settings = { ...neutralSampling, temperature: 1.2, repetitionPenalty: 1.1, topP: 0.95 }

let small: SmallLab
beforeAll(async () => void (small = await openSmallLab(characters)))
afterAll(() => small.close())

type Options = Partial<CallInput<'generate'>>

/** What comes out, and what was reported on the way. */
async function run(options: Options, lab = small, signal = new AbortController().signal) {
  const reports: CallProgress['generate'][] = []
  const input = { model: lab.model, text: 'bad', settings, seed: 7, maxTokens: 9, ...options }
  const progress = (value: CallProgress['generate']) => void reports.push(value)
  const result = await generate(input, lab.lab.sessions, { signal, progress })
  // Whatever ends a text: what was reported is what comes out.
  expect(reports.map(({ token }) => token)).toEqual(result.tokens)
  expect(result.text.startsWith(reports.map(({ text }) => text).join(''))).toBe(true)
  return { ...result, reports }
}

/** The same text by the engine without a cache: every token from the logits of the whole window. */
async function byEngine(prompt: string, seed: number, count: number, context: number, slide: boolean): Promise<number[]> {
  const text = [...characters.encode(prompt)]
  const start = text.length
  for (let piece = 0; text.length - start < count; piece++) {
    const random = seededRandom((seed + piece * 65_537) % 2 ** 32)
    let window = [...slidingWindow(text, context)]
    while (window.length <= context && text.length - start < count) {
      const logits = (await small.engineLogits(window)).slice(-characters.vocabulary)
      const { id } = drawToken(logits, window, settings, random)
      text.push(id)
      window = [...window, id]
    }
    if (!slide) break
  }
  return text.slice(start)
}

describe('generate', () => {
  it('draws what the engine’s logits, the stages and the seed say', async () => {
    for (const seed of [1, 2, 3]) {
      const { tokens, text, ended, reports, provider } = await run({ seed })
      expect(tokens.map(({ id }) => id)).toEqual(await byEngine('bad', seed, 9, 12, false))
      expect({ ended, provider, text }).toEqual({ ended: 'length', provider: 'cpu', text: tokens.map(t => t.text).join('') })
      expect(reports.map(report => report.text).join('')).toBe(text)
    }
  })

  it('gives the same on the native engine', async () => {
    const [onnx, native] = [await run({ maxTokens: 30 }), await run({ maxTokens: 30, provider: 'native' })]
    expect(native.provider).toBe('native')
    expect(native.tokens.map(({ id }) => id)).toEqual(onnx.tokens.map(({ id }) => id))
  })

  it('ends when the context is full, with the token after it', async () => {
    const { tokens, ended } = await run({ maxTokens: 100 })
    expect({ ended, count: tokens.length }).toEqual({ ended: 'context', count: 12 - 3 + 1 })
    expect(await run({ maxTokens: 10 })).toMatchObject({ ended: 'length' })
    // A longer prompt is continued from its end.
    expect(await run({ text: 'abcdefgh'.repeat(4), maxTokens: 5 })).toMatchObject({ ended: 'context', tokens: [{}] })
  })

  it('slides past the context where asked', async () => {
    const { tokens, ended } = await run({ maxTokens: 40, slide: true, seed: 11 })
    expect(ended).toBe('length')
    expect(tokens.map(({ id }) => id)).toEqual(await byEngine('bad', 11, 40, 12, true))
  })

  it('ends before a stop string, also one that several tokens make', async () => {
    const { text } = await run({ maxTokens: 40, slide: true })
    for (const stop of [text.slice(5, 6), text.slice(10, 13), text.slice(20, 24)]) {
      const stopped = await run({ maxTokens: 40, slide: true, stop: ['never there', stop] })
      expect(stopped.text).toBe(text.slice(0, text.indexOf(stop)))
      expect(stopped.ended).toBe('stop')
      expect(stopped.tokens.map(token => token.text).join('')).toBe(stopped.text)
      expect(stopped.reports.map(report => report.text).join('')).toBe(stopped.text)
    }
    // What only began like one is text after all.
    const unfinished = await run({ stop: [`${text.slice(7, 9)}and more`] })
    expect(unfinished).toMatchObject({ ended: 'length', text: text.slice(0, 9) })
  })

  it('stops between tokens when it is cancelled, and what came was reported', async () => {
    const controller = new AbortController()
    const seen: string[] = []
    const running = generate(
      { model: small.model, text: 'a', settings, seed: 1, maxTokens: 4000, slide: true },
      small.lab.sessions,
      {
        signal: controller.signal,
        progress: ({ text }) => {
          seen.push(text)
          if (seen.length === 5) controller.abort()
        }
      }
    )
    await expect(running).rejects.toMatchObject({ name: 'AbortError' })
    expect(seen.length).toBeGreaterThanOrEqual(5)
    expect(seen.length).toBeLessThan(1000)
  })

  it('refuses what cannot be continued, by name', async () => {
    await expect(run({ text: 'xyz' })).rejects.toMatchObject({ code: 'character-unknown' })
    await expect(run({ tokens: [10] })).rejects.toMatchObject({ code: 'token-out-of-range' })
    await expect(run({ model: 'home:none' })).rejects.toMatchObject({ code: 'model-unknown' })
  })
})

describe('generate with a model of bytes', () => {
  let bytes: SmallLab
  beforeAll(async () => void (bytes = await openSmallLab(new BpeTokenizer([], [endOfText]), 48)))
  afterAll(() => bytes.close())
  /** Flat, so that every byte and the end come up. */
  const loose = { ...neutralSampling, temperature: 3 }

  it('ends with the token between documents, which is a token and no text', async () => {
    let met = 0
    for (let seed = 0; seed < 40; seed++) {
      const { tokens, text, ended } = await run({ settings: loose, seed, maxTokens: 300, slide: true, text: '' }, bytes)
      const at = tokens.findIndex(({ id }) => id === 256)
      expect(ended).toBe(at < 0 ? 'length' : 'end-token')
      expect(text).not.toContain(endOfText)
      if (at < 0) continue
      met++
      expect(at).toBe(tokens.length - 1)
      expect(tokens[at]!.text).toBe(endOfText)
    }
    expect(met).toBeGreaterThan(0)
  })

  it('makes text of whole characters only', async () => {
    const tokenizer = new BpeTokenizer([], [endOfText])
    for (let seed = 0; seed < 10; seed++) {
      const { tokens, text, reports } = await run({ settings: loose, seed, maxTokens: 40, text: 'né🌊' }, bytes)
      const all = tokens.flatMap(({ id }) => [...tokenizer.bytes(id)])
      expect(text).toBe(new TextDecoder().decode(Uint8Array.from(all)))
      // Nothing that was shown is taken back: every report is a piece of the text at its place.
      expect(text.startsWith(reports.map(report => report.text).join(''))).toBe(true)
    }
  })
})
