/**
 * GPT-2's alphabet of bytes (encoder.py, `bytes_to_unicode`): every byte is written as one visible
 * character, so that a vocabulary of byte strings fits into JSON.
 */

const visible = (byte: number) => (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae

/** Character of each byte. */
export const characterOfByte: readonly string[] = (() => {
  let next = 256
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(visible(byte) ? byte : next++))
})()

const byteOfCharacter = new Map(characterOfByte.map((character, byte) => [character, byte]))

/** Bytes as characters of the alphabet. */
export function bytesToAlphabet(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += characterOfByte[byte]!
  return text
}

/** Characters of the alphabet as bytes; undefined when one is not of it. */
export function alphabetToBytes(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) {
    const byte = byteOfCharacter.get(text[i]!)
    if (byte === undefined) return undefined
    bytes[i] = byte
  }
  return bytes
}

/** All bytes in the order of GPT-2's ids: the visible ones first. */
export const bytesInOrder: readonly number[] = [
  ...Array.from({ length: 256 }, (_, byte) => byte).filter(visible),
  ...Array.from({ length: 256 }, (_, byte) => byte).filter(byte => !visible(byte))
]

/** GPT-2's pattern of words (encoder.py). */
export const wordPattern = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu
