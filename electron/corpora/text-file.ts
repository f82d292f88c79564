/** Text files that come from somewhere else: what is taken and what is refused. */
import { LabFailure } from '../contract/failure.ts'
import { hasText, splitDocuments } from './documents.ts'

/** Largest text, bytes: its tokens, its windows and a page's message stay within any machine's memory. */
export const mostTextBytes = 64 * 2 ** 20

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * The text of a file: UTF-8, without a byte order mark, lines ending as on Unix.
 * @param name how the file is called in messages
 * @throws LabFailure `text-too-large`, `text-not-utf8` (details.offset), `text-binary` (details.offset), `text-empty`
 */
export function readText(bytes: Uint8Array, name: string): string {
  if (bytes.length > mostTextBytes)
    throw new LabFailure(
      'text-too-large',
      `Expected a text of at most ${mostTextBytes / 2 ** 20} MB but ${name} has ${(bytes.length / 2 ** 20).toFixed(1)} MB. Choose a part of it.`,
      { name, most: mostTextBytes, bytes: bytes.length }
    )
  const bad = firstBadByte(bytes)
  if (bad >= 0)
    throw new LabFailure(
      'text-not-utf8',
      `Expected ${name} to be UTF-8 text but the byte at offset ${bad} (0x${bytes[bad]!.toString(16).toUpperCase().padStart(2, '0')}) does not belong into any. Save the file as UTF-8 and add it again.`,
      { name, offset: bad, byte: bytes[bad]! }
    )
  const zero = bytes.indexOf(0)
  if (zero >= 0)
    throw new LabFailure(
      'text-binary',
      `Expected ${name} to be text but it has a zero byte at offset ${zero}, as binary files and UTF-16 have. Save the file as UTF-8 text and add it again.`,
      { name, offset: zero }
    )
  const text = utf8.decode(bytes).replaceAll('\r\n', '\n')
  if (!splitDocuments(text).some(hasText))
    throw new LabFailure('text-empty', `Expected a text but ${name} holds none. Choose a file with something to learn from.`, {
      name
    })
  return text
}

/**
 * Offset of the first byte that is not part of well-formed UTF-8; −1 when all are. A sequence that breaks off is
 * named by its first byte.
 */
export function firstBadByte(bytes: Uint8Array): number {
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes, at)
    if (length === 0) return at
    at += length
  }
  return -1
}

/** Bytes of the character at a place, 0 when there is none (Unicode 15, table 3-7: well-formed byte sequences). */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!
  if (first < 0x80) return 1
  if (first < 0xc2 || first > 0xf4) return 0
  const second = bytes[at + 1] ?? 0
  // Overlong forms, surrogates and what lies beyond U+10FFFF show in the second byte.
  const lowest = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
  const highest = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
  if (second < lowest || second > highest) return 0
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
  for (let i = 2; i < length; i++) if (((bytes[at + i] ?? 0) & 0xc0) !== 0x80) return 0
  return length
}
