/**
 * Byte-pair encoding (Sennrich et al. 2016) over bytes, as GPT-2 has it: words are cut by GPT-2's pattern,
 * then the pair with the lowest rank is merged until none is left. Without merges it is a tokenizer of bytes.
 */
import { bytesInOrder, bytesToAlphabet, wordPattern } from './byte-alphabet.ts'
import { breather, showBytes, TokenList, type Tokenizer } from './vocabulary.ts'
import { tokenizerJson } from './tokenizer-json.ts'

/** Two ids that become one. The id of the merge with rank r is the r-th after the bytes. */
export type Merge = readonly [left: number, right: number]

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
/** Room for ids below 2^21 in one number. */
const pairKey = (left: number, right: number): number => left * 2 ** 21 + right
/** Words met are kept; a text that is all different words must not fill the memory. */
const mostWords = 100_000

export class BpeTokenizer implements Tokenizer {
  readonly kind: 'bytes' | 'bpe'
  readonly vocabulary: number
  readonly special: ReadonlyMap<string, number>
  readonly endToken: number | undefined
  readonly #merges: readonly Merge[]
  /** Bytes of every token. */
  readonly #bytes: readonly Uint8Array[]
  readonly #ranks: ReadonlyMap<number, number>
  readonly #names: ReadonlyMap<number, string>
  readonly #words = new Map<string, readonly number[]>()

  /**
   * @param merges in order of rank; ids 0 to 255 are the bytes in GPT-2's order, 256 + r is merge r
   * @param special names of tokens that stand for no text; they take the ids after the merges
   */
  constructor(merges: readonly Merge[], special: readonly string[] = []) {
    this.kind = merges.length > 0 ? 'bpe' : 'bytes'
    this.#merges = merges
    const bytes = bytesInOrder.map(byte => Uint8Array.of(byte))
    for (const [left, right] of merges) bytes.push(Uint8Array.from([...bytes[left]!, ...bytes[right]!]))
    this.#bytes = bytes
    this.#ranks = new Map(merges.map(([left, right], rank) => [pairKey(left, right), rank]))
    this.special = new Map(special.map((name, i) => [name, bytes.length + i]))
    this.#names = new Map([...this.special].map(([name, id]) => [id, name]))
    this.vocabulary = bytes.length + special.length
    this.endToken = special.length > 0 ? bytes.length : undefined
  }

  encode(text: string): Int32Array {
    const ids = new TokenList()
    for (const word of this.#split(text)) ids.add(this.#encodeWord(word))
    return ids.take()
  }

  async encodeLong(text: string): Promise<Int32Array> {
    const ids = new TokenList()
    const breathe = breather()
    let count = 0
    for (const word of this.#split(text)) {
      ids.add(this.#encodeWord(word))
      if (++count % 1024 === 0) await breathe()
    }
    return ids.take()
  }

  decode(ids: ArrayLike<number>): string {
    const pieces = Array.from(ids, id => this.bytes(id))
    const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
    let at = 0
    for (const piece of pieces) {
      bytes.set(piece, at)
      at += piece.length
    }
    return decoder.decode(bytes)
  }

  bytes(id: number): Uint8Array {
    return this.#bytes[id] ?? new Uint8Array()
  }

  text(id: number): string {
    return this.#names.get(id) ?? showBytes(this.bytes(id))
  }

  json(): string {
    const names = this.#bytes.map(bytesToAlphabet)
    return tokenizerJson({
      form: this.kind === 'bpe' ? 'words' : 'bytes',
      tokens: names,
      merges: this.#merges.map(([left, right]) => [names[left]!, names[right]!]),
      special: this.special
    })
  }

  *#split(text: string): Iterable<string> {
    // A tokenizer of bytes needs no words; pieces keep its memory small.
    if (this.kind === 'bytes') for (let i = 0; i < text.length; i += 256) yield text.slice(i, i + 256)
    else for (const [word] of text.matchAll(wordPattern)) yield word
  }

  #encodeWord(word: string): readonly number[] {
    const known = this.#words.get(word)
    if (known) return known
    const ids = this.#merge(Array.from(encoder.encode(word), byte => idOfByte[byte]!))
    if (this.#words.size >= mostWords) this.#words.clear()
    this.#words.set(word, ids)
    return ids
  }

  /** Merges the pair of lowest rank, everywhere in the word, until no pair is known. */
  #merge(ids: number[]): number[] {
    if (this.#merges.length === 0) return ids
    while (ids.length > 1) {
      let best = Infinity
      for (let i = 0; i + 1 < ids.length; i++) {
        const rank = this.#ranks.get(pairKey(ids[i]!, ids[i + 1]!))
        if (rank !== undefined && rank < best) best = rank
      }
      if (best === Infinity) break
      const [left, right] = this.#merges[best]!
      ids = mergePair(ids, left, right, 256 + best)
    }
    return ids
  }
}

/** Id of each byte. */
export const idOfByte: readonly number[] = (() => {
  const ids = new Array<number>(256)
  bytesInOrder.forEach((byte, id) => (ids[byte] = id))
  return ids
})()

/** The ids with every (left, right) replaced, from the left. */
export function mergePair(ids: readonly number[], left: number, right: number, merged: number): number[] {
  const out: number[] = []
  for (let i = 0; i < ids.length; i++) {
    if (ids[i] === left && i + 1 < ids.length && ids[i + 1] === right) {
      out.push(merged)
      i++
    } else out.push(ids[i]!)
  }
  return out
}
