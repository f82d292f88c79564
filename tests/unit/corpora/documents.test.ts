import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { holdOut, plainText, splitDocuments } from '../../../electron/corpora/documents.ts'

describe('documents', () => {
  it('leaves a text without separators as it is, to the last line break', () => {
    const text = '\nFirst Citizen:\nBefore we proceed any further, hear me speak.\n\n'
    expect(splitDocuments(text)).toEqual([text])
  })

  it('are separated by lines that hold nothing but the end of a text', () => {
    expect(splitDocuments('a\nb\n<|endoftext|>\n\nc <|endoftext|> d\n<|endoftext|>  \ne\n')).toEqual([
      'a\nb',
      '\nc <|endoftext|> d',
      'e'
    ])
  })

  it('are never empty', () => {
    expect(splitDocuments('<|endoftext|>\n<|endoftext|>\na\n<|endoftext|>\n \n<|endoftext|>')).toEqual(['a'])
  })

  it('come back from any texts that were joined by separators', () => {
    const document = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .filter(text => /\S/.test(text) && !/\r|[\u2028\u2029]/.test(text))
    fc.assert(
      fc.property(fc.array(document, { minLength: 2, maxLength: 8 }), documents => {
        expect(splitDocuments(`${documents.join('\n<|endoftext|>\n')}\n`)).toEqual(documents)
      })
    )
  })
})

describe('held-out part', () => {
  it('is nanoGPT’s for one document: the last characters', () => {
    const text = 'abcdefghij'.repeat(37)
    expect(holdOut([text], 0.1)).toEqual({
      train: [text.slice(0, Math.floor(370 * 0.9))],
      validation: [text.slice(Math.floor(370 * 0.9))]
    })
  })

  it('is nothing where nothing is held out', () => {
    expect(holdOut(['ab', 'cd'], 0)).toEqual({ train: ['ab', 'cd'], validation: [] })
  })

  it('keeps every character of every document, in order, whatever the share', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'binary', minLength: 1 }), { minLength: 1, maxLength: 6 }),
        fc.double({ min: 0, max: 0.5, noNaN: true }),
        (documents, share) => {
          const { train, validation } = holdOut(documents, share)
          expect([...train, ...validation].join('')).toBe(documents.join(''))
          // Each part is well-formed: no character is torn.
          for (const part of [...train, ...validation]) expect(part.isWellFormed()).toBe(true)
          const whole = plainText(documents).length
          const first = plainText(train).length
          // The blank line at the cut belongs to neither part (2), a pair of surrogates stays together (1), and the cut is rounded down.
          expect(Math.abs(first - whole * (1 - share))).toBeLessThan(4)
        }
      )
    )
  })
})
