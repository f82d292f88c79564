import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { alignTokens, isFragment, joinTokens, tokenAt } from '../../../../../renderer/rooms/probe/token-spans.ts'

const tokens = (...texts: string[]) => texts.map(text => ({ text }))
/** UTF-8 bytes of a text, each as the lab shows a byte that is no whole character. */
const bytesOf = (text: string) =>
  [...new TextEncoder().encode(text)].map(byte => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`)

describe('tokens along a text', () => {
  it('lie side by side where they stand', () => {
    expect(alignTokens('to be', tokens('to', ' be'))).toEqual([
      { start: 0, end: 2, first: 0, count: 1 },
      { start: 2, end: 5, first: 1, count: 1 }
    ])
  })

  it('share the character that they are bytes of', () => {
    expect(alignTokens('a诗b', tokens('a', ...bytesOf('诗'), 'b'))).toEqual([
      { start: 0, end: 1, first: 0, count: 1 },
      { start: 1, end: 2, first: 1, count: 3 },
      { start: 2, end: 3, first: 4, count: 1 }
    ])
  })

  it('count a character beyond the basic plane as the two units that a text field counts', () => {
    expect(alignTokens('🎭!', tokens(...bytesOf('🎭'), '!'))).toEqual([
      { start: 0, end: 2, first: 0, count: 4 },
      { start: 2, end: 3, first: 4, count: 1 }
    ])
  })

  it('end where the text was edited since', () => {
    expect(alignTokens('to bee or', tokens('to', ' be', ' or')).map(({ end }) => end)).toEqual([2, 5])
  })

  it('cover every text that is cut into characters or bytes, without gaps', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 3 }), fc.boolean())), parts => {
        // What looks like a byte is one; a text of these signs is not told apart from it.
        fc.pre(parts.every(([text]) => !text.includes('<0x')))
        const text = parts.map(([part]) => part).join('')
        const cut = parts.flatMap(([part, inBytes]) => (inBytes ? bytesOf(part) : [part]))
        const spans = alignTokens(text, tokens(...cut))
        let at = 0
        for (const span of spans) {
          expect(span.start).toBe(at)
          at = span.end
        }
        expect(at).toBe(text.length)
        expect(spans.reduce((sum, { count }) => sum + count, 0)).toBe(cut.length)
      })
    )
  })
})

describe('the text of tokens in a row', () => {
  it('puts bytes together to characters; what is none becomes the replacement character', () => {
    expect(joinTokens(tokens('床', ...bytesOf('前'), 'x'))).toBe('床前x')
    expect(joinTokens(tokens('<0xE5>', 'x'))).toBe('\ufffdx')
    expect(isFragment('<0xE5>')).toBe(true)
    expect(isFragment('<0xE5>a')).toBe(false)
  })
})

describe('the token under the cursor', () => {
  const spans = alignTokens('a诗b', tokens('a', ...bytesOf('诗'), 'b'))
  it('is the one that ends before it; of a cut character the last byte', () => {
    expect([0, 1, 2, 3].map(offset => tokenAt(spans, offset))).toEqual([0, 0, 3, 4])
    expect(tokenAt([], 0)).toBeUndefined()
  })
})
