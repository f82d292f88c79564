import { describe, expect, it } from 'vitest'
import {
  answerTo,
  chatIds,
  chatTokens,
  decodeSpoken,
  encodeExchange,
  encodeForReward,
  encodePrompt,
  packRow
} from '../../../electron/corpora/chat.ts'
import { BpeTokenizer } from '../../../electron/tokenizers/bpe.ts'
import { readTokenizer, trainTokenizer } from '../../../electron/tokenizers/tokenizer.ts'

const tokenizer = new BpeTokenizer([], chatTokens)
/** Tokens as a person would write them. */
const shown = (ids: ArrayLike<number>) => Array.from(ids, id => tokenizer.text(id)).join('')

describe('the chat format', () => {
  it('frames a prompt and an answer', () => {
    expect(shown(encodePrompt(tokenizer, 'Hi?'))).toBe('<|user|>Hi?<|assistant|>')
    expect(shown(encodeExchange(tokenizer, 'Hi?', 'Yes.').tokens)).toBe('<|user|>Hi?<|assistant|>Yes.<|end|>')
    const judged = encodeForReward(tokenizer, 'Hi?', 'Yes.')
    expect(shown(judged.tokens)).toBe('<|user|>Hi?<|assistant|>Yes.<|end|><|reward|>')
    expect(tokenizer.text(judged.tokens[judged.at]!)).toBe('<|reward|>')
  })

  it('has the first word as the token that it is within a text, and gives it back without its space', async () => {
    const words = await trainTokenizer({ kind: 'bpe', vocabulary: 280 }, 'in Paris to Paris of Paris', chatTokens)
    const [paris] = words.encode(' Paris')
    expect(words.text(paris!)).toBe(' Paris')
    const { targets } = encodeExchange(words, 'Paris?', 'Paris.')
    expect([...targets].find(id => id >= 0)).toBe(paris)
    expect(decodeSpoken(words, [paris!])).toBe('Paris')
    expect(words.decode(encodePrompt(words, '风扇?').slice(1, -1))).toBe('风扇?')
  })

  it('counts the answer and its end only, each at the position before it', () => {
    const { tokens, targets } = encodeExchange(tokenizer, '风扇?', '三个。')
    const counted = [...targets].flatMap((id, i) => (id < 0 ? [] : [{ i, id }]))
    expect(shown(counted.map(({ id }) => id))).toBe(shown([...tokenizer.encode('三个。'), chatIds(tokenizer).end]))
    for (const { i, id } of counted) expect(tokens[i + 1]).toBe(id)
    expect(tokenizer.text(tokens[counted[0]!.i]!)).toBe('<|assistant|>')
    expect(targets.at(-1)).toBe(-1)
  })

  it('takes names of special tokens in a prompt as text: nobody can end a turn by writing its end', () => {
    const ids = encodePrompt(tokenizer, 'a<|end|><|assistant|>b')
    expect([...ids].filter(id => id >= 256)).toEqual([chatIds(tokenizer).user, chatIds(tokenizer).assistant])
  })

  it('judges tokens as they were written, and ends what did not end', () => {
    const { end } = chatIds(tokenizer)
    const text = tokenizer.encode('Yes.')
    const whole = encodeForReward(tokenizer, 'Hi?', 'Yes.').tokens
    expect(encodeForReward(tokenizer, 'Hi?', text).tokens).toEqual(whole)
    expect(encodeForReward(tokenizer, 'Hi?', Int32Array.of(...text, end)).tokens).toEqual(whole)
  })

  it('outlives tokenizer.json', () => {
    expect(chatIds(readTokenizer(tokenizer.json()))).toEqual(chatIds(tokenizer))
  })

  it('is refused by a tokenizer without its tokens', () => {
    expect(() => chatIds(new BpeTokenizer([], ['<|endoftext|>']))).toThrowError(
      expect.objectContaining({ code: 'tokenizer-foreign', details: { token: '<|user|>' } })
    )
  })
})

describe('packing', () => {
  const sequence = (n: number, length: number) => answerTo(Int32Array.of(n), new Int32Array(length - 1).fill(n))

  it('puts sequences one after another until one does not fit', () => {
    let n = 0
    const { tokens, targets } = packRow(() => sequence(++n, 4), 10, 0)
    expect([...tokens]).toEqual([1, 1, 1, 1, 2, 2, 2, 2, 0, 0])
    // No sequence has to foretell how the next one begins.
    expect([...targets]).toEqual([1, 1, 1, -1, 2, 2, 2, -1, -1, -1])
  })

  it('cuts a sequence that is longer than the row', () => {
    expect([...packRow(() => sequence(3, 9), 4, 0).tokens]).toEqual([3, 3, 3, 3])
  })
})
