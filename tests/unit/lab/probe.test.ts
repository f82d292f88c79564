import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { neutralSampling, type SamplingSettings } from '../../../electron/contract/probe.ts'
import { drawToken } from '../../../electron/sampling/sampler.ts'
import { distributions, softmax } from '../../../electron/sampling/stages.ts'
import { seededRandom } from '../../../electron/sampling/random.ts'
import { BpeTokenizer } from '../../../electron/tokenizers/bpe.ts'
import { CharacterTokenizer } from '../../../electron/tokenizers/characters.ts'
import { endOfText } from '../../../electron/tokenizers/tokenizer.ts'
import { openSmallLab, type SmallLab } from './probing.ts'

const tokenizer = new CharacterTokenizer([...'\n abcdefgh'])
const text = 'bad cab' // 7 tokens of a context of 12
const settings: SamplingSettings = {
  repetitionPenalty: 1.3,
  noRepeatNgram: 2,
  temperature: 0.7,
  topK: 6,
  topP: 0.9,
  greedy: false
}

let small: SmallLab
beforeAll(async () => void (small = await openSmallLab(tokenizer)))
afterAll(() => small.close())

const inspect = (input: { text?: string; tokens?: number[] }) => small.lab.probe.inspect({ model: small.model, ...input })

/** Rows of the engine's logits of a text. */
async function rowsOf(tokens: ArrayLike<number>): Promise<Float32Array[]> {
  const logits = await small.engineLogits(tokens)
  const { vocabulary } = small.config
  return Array.from({ length: tokens.length }, (_, t) => logits.subarray(t * vocabulary, (t + 1) * vocabulary))
}

describe('probe.inspect', () => {
  it('gives every token the probability that the engine’s logits give it', async () => {
    const { tokens, from, context, provider } = await inspect({ text })
    expect({ from, context, provider }).toEqual({ from: 0, context: 12, provider: 'cpu' })
    expect(tokens.map(token => token.text).join('')).toBe(text)
    const rows = await rowsOf(tokens.map(({ id }) => id))
    expect(tokens[0]).not.toHaveProperty('probability')
    for (let t = 1; t < tokens.length; t++) expect(tokens[t]!.probability).toBeCloseTo(softmax(rows[t - 1]!)[tokens[t]!.id]!, 6)
  })

  it('shows attention as probabilities that look back only', async () => {
    const { attention, layers, heads, tokens } = await inspect({ text })
    const T = tokens.length
    expect([layers, heads, attention.length]).toEqual([2, 2, 2 * 2 * T * T])
    expect(attention).toBeInstanceOf(Float32Array)
    for (let row = 0; row < layers * heads * T; row++) {
      const weights = attention.subarray(row * T, (row + 1) * T)
      expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5)
      expect(weights.subarray((row % T) + 1).every(weight => weight === 0)).toBe(true)
    }
  })

  it('has a lens for the embedding and each layer, whose last guesses are the model’s own', async () => {
    const { lens, tokens } = await inspect({ text })
    expect(lens.map(({ layer }) => layer)).toEqual([0, 1, 2])
    const probabilities = softmax((await rowsOf(tokens.map(({ id }) => id))).at(-1)!)
    const best = [...probabilities.keys()].sort((a, b) => probabilities[b]! - probabilities[a]!).slice(0, 5)
    expect(lens[2]!.guesses.map(({ id }) => id)).toEqual(best)
    lens[2]!.guesses.forEach(({ id, text: guess, probability }) => {
      expect(probability).toBeCloseTo(probabilities[id]!, 5)
      expect(guess).toBe(tokenizer.text(id))
    })
  })

  it('runs only the end of a text that is longer than the context', async () => {
    const long = 'abc def gh bad cab' // 18 tokens
    const { tokens, from } = await inspect({ text: long })
    expect(from).toBe(6)
    expect(tokens).toHaveLength(18)
    expect(tokens.slice(0, 7).every(token => token.probability === undefined)).toBe(true)
    const rows = await rowsOf(tokens.slice(6).map(({ id }) => id))
    for (let t = 7; t < 18; t++) expect(tokens[t]!.probability).toBeCloseTo(softmax(rows[t - 7]!)[tokens[t]!.id]!, 6)
  })

  it('takes tokens as they are, and begins an empty text with the first token', async () => {
    const { tokens } = await inspect({ text: 'ignored', tokens: [3, 4, 5] })
    expect(tokens.map(({ id }) => id)).toEqual([3, 4, 5])
    expect((await inspect({ text: '' })).tokens).toEqual([{ id: 0, text: '\n' }])
  })

  it('begins an empty text with the token between documents, where there is one', async () => {
    const bytes = await openSmallLab(new BpeTokenizer([], [endOfText]))
    const { tokens } = await bytes.lab.probe.inspect({ model: bytes.model, text: '' })
    expect(tokens).toEqual([{ id: 256, text: endOfText }])
    // A character of four bytes is four tokens, each shown as its byte.
    const encoded = await bytes.lab.probe.encode({ model: bytes.model, text: '🌊!' })
    expect(encoded.map(token => token.text)).toEqual(['<0xF0>', '<0x9F>', '<0x8C>', '<0x8A>', '!'])
    await bytes.close()
  })

  it('refuses what the model cannot read, by name', async () => {
    await expect(inspect({ text: 'xyz' })).rejects.toMatchObject({ code: 'character-unknown' })
    await expect(inspect({ tokens: [1, 10] })).rejects.toMatchObject({ code: 'token-out-of-range' })
    await expect(small.lab.probe.inspect({ model: 'home:none', text })).rejects.toMatchObject({ code: 'model-unknown' })
  })
})

describe('probe.stages and probe.draw', () => {
  it('show the distribution after every stage, from the logits that were kept', async () => {
    const { id, tokens } = await inspect({ text })
    const history = tokens.map(token => token.id)
    const expected = distributions((await rowsOf(history)).at(-1)!, history, settings)
    const view = small.lab.probe.stages({ inspection: id, settings, rows: 4 })
    expect(view.vocabulary).toBe(10)
    expect(view.stages.map(({ stage, active }) => [stage, active])).toEqual(expected.map(({ stage, active }) => [stage, active]))
    view.stages.forEach((stage, s) => {
      view.rows.forEach((row, i) => expect(stage.probabilities[i]).toBeCloseTo(expected[s]!.probabilities[row.id]!, 5))
      expect(stage.candidates).toBe(expected[s]!.probabilities.filter(p => p > 0).length)
      const shown = stage.probabilities.reduce((sum, p) => sum + p, 0)
      expect(shown + stage.rest).toBeCloseTo(1, 9)
    })
  })

  it('looks back over the whole text, also where it is longer than the context', async () => {
    const { id } = await inspect({ text: 'h'.repeat(3) + 'abcdefg abcdefg' })
    const banned = { ...neutralSampling, noRepeatNgram: 1 }
    const ids = small.lab.probe.distributions(id, banned).find(({ stage }) => stage === 'no-repeat-ngram')!.probabilities
    expect(ids[tokenizer.encode('h')[0]!]).toBe(0)
    expect(ids.filter(p => p > 0)).toHaveLength(1)
  })

  it('draw what the seed says', async () => {
    const { id, tokens } = await inspect({ text })
    const history = tokens.map(token => token.id)
    const logits = (await rowsOf(history)).at(-1)!
    for (let seed = 0; seed < 50; seed++) {
      const drawn = small.lab.probe.draw({ inspection: id, settings, seed })
      const expected = drawToken(logits, history, settings, seededRandom(seed))
      expect(drawn).toMatchObject({ id: expected.id, text: tokenizer.text(expected.id) })
      expect(drawn.probability).toBeCloseTo(expected.probability, 5)
    }
    const greedy = small.lab.probe.draw({ inspection: id, settings: { ...neutralSampling, greedy: true }, seed: 1 })
    expect(greedy.probability).toBe(Math.max(...small.lab.probe.distributions(id, neutralSampling)[0]!.probabilities))
  })

  it('run no model: they answer after its session was closed', async () => {
    const { id } = await inspect({ text })
    await small.lab.sessions.closeModel(small.model)
    expect(small.lab.probe.stages({ inspection: id, settings, rows: 3 }).stages).toHaveLength(6)
  })

  it('keep the last inspections, those in use longest, and name one that is gone', async () => {
    const first = await inspect({ text: 'a' })
    const second = await inspect({ text: 'b' })
    for (let i = 0; i < 31; i++) {
      small.lab.probe.stages({ inspection: second.id, settings, rows: 1 })
      await inspect({ text: 'c' })
    }
    expect(() => small.lab.probe.stages({ inspection: first.id, settings, rows: 1 })).toThrow(
      expect.objectContaining({ code: 'inspection-gone' })
    )
    expect(() => small.lab.probe.draw({ inspection: 'never', settings, seed: 0 })).toThrow(
      expect.objectContaining({ code: 'inspection-gone' })
    )
    expect(small.lab.probe.stages({ inspection: second.id, settings, rows: 1 }).stages).toHaveLength(6)
  })
})
