import { isUtf8 } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LabFailure } from '../../../electron/contract/failure.ts'
import { firstBadByte, mostTextBytes, readText } from '../../../electron/corpora/text-file.ts'

const failureOf = (bytes: Uint8Array): LabFailure => {
  try {
    readText(bytes, 'mine.txt')
  } catch (error) {
    if (error instanceof LabFailure) return error
    throw error
  }
  throw new Error('Expected a failure.')
}
const bytesOf = (text: string) => new TextEncoder().encode(text)

describe('text of a file', () => {
  it('comes back without loss', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        fc.pre(/\S/.test(text) && !/[\0\r]/.test(text) && !text.startsWith('\uFEFF'))
        expect(readText(bytesOf(text), 'mine.txt')).toBe(text)
      })
    )
  })

  it('loses its byte order mark and Windows’ line ends', () => {
    expect(readText(bytesOf('\uFEFFone\r\ntwo\r\n'), 'mine.txt')).toBe('one\ntwo\n')
  })

  it.each([
    ['a continuation without a beginning', [0x61, 0x62, 0x80], 2],
    ['Latin-1', [...Buffer.from('café', 'latin1'), 0x0a], 3],
    ['a character that breaks off at the end', [0x61, 0xe4, 0xb8], 1],
    ['an overlong form', [0x61, 0xc0, 0xaf], 1],
    ['half a pair of surrogates', [0xed, 0xa0, 0x80], 0],
    ['a place beyond Unicode', [0x61, 0xf4, 0x90, 0x80, 0x80], 1],
    ['UTF-16 with its mark', [0xff, 0xfe, 0x61, 0x00], 0]
  ])('is refused for %s, with the offset', (_, bytes, offset) => {
    expect(failureOf(Uint8Array.from(bytes))).toMatchObject({ code: 'text-not-utf8', details: { name: 'mine.txt', offset } })
  })

  it('finds a bad byte exactly where Node finds one', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), bytes => {
        const at = firstBadByte(bytes)
        expect(at < 0).toBe(isUtf8(bytes))
        if (at >= 0) expect(isUtf8(bytes.subarray(0, at))).toBe(true)
      }),
      { numRuns: 2000 }
    )
  })

  it('is refused when it is binary, empty or too large', () => {
    expect(failureOf(bytesOf('a\0b'))).toMatchObject({ code: 'text-binary', details: { offset: 1 } })
    for (const nothing of ['', ' \n\t', '\uFEFF', '<|endoftext|>\n\n<|endoftext|>\n'])
      expect(failureOf(bytesOf(nothing)).code).toBe('text-empty')
    expect(failureOf(new Uint8Array(mostTextBytes + 1).fill(0x61)).code).toBe('text-too-large')
  })
})
