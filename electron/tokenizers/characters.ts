/** One token a character, over the alphabet of a text: nanoGPT's `shakespeare_char`. */
import { LabFailure } from '../contract/failure.ts'
import { breather, TokenList, type Tokenizer } from './vocabulary.ts'
import { tokenizerJson } from './tokenizer-json.ts'

const encoder = new TextEncoder()

/** The characters (code points) of a text, each once, in order. */
export function alphabetOf(text: string): string[] {
  return [...new Set(text.toWellFormed())].sort((a, b) => a.codePointAt(0)! - b.codePointAt(0)!)
}

export class CharacterTokenizer implements Tokenizer {
  readonly kind = 'characters'
  readonly vocabulary: number
  readonly special: ReadonlyMap<string, number>
  readonly endToken: number | undefined
  readonly #alphabet: readonly string[]
  readonly #ids: ReadonlyMap<string, number>

  /** @param special names of tokens that stand for no text; they take the ids after the alphabet */
  constructor(alphabet: readonly string[], special: readonly string[] = []) {
    this.#alphabet = alphabet
    this.#ids = new Map(alphabet.map((character, id) => [character, id]))
    this.special = new Map(special.map((name, i) => [name, alphabet.length + i]))
    this.vocabulary = alphabet.length + special.length
    this.endToken = special.length > 0 ? alphabet.length : undefined
  }

  encode(text: string): Int32Array {
    const characters = [...text.toWellFormed()]
    const ids = new Int32Array(characters.length)
    characters.forEach((character, i) => {
      const id = this.#ids.get(character)
      if (id === undefined) throw this.#unknown(characters)
      ids[i] = id
    })
    return ids
  }

  async encodeLong(text: string): Promise<Int32Array> {
    const ids = new TokenList()
    const breathe = breather()
    for (let from = 0; from < text.length;) {
      let to = Math.min(text.length, from + 16_384)
      // Never between the halves of a character outside the basic plane.
      if (to < text.length && (text.charCodeAt(to) & 0xfc00) === 0xdc00) to++
      ids.add(this.encode(text.slice(from, to)))
      from = to
      await breathe()
    }
    return ids.take()
  }

  decode(ids: ArrayLike<number>): string {
    return Array.from(ids, id => this.#alphabet[id] ?? '').join('')
  }

  bytes(id: number): Uint8Array {
    return encoder.encode(this.#alphabet[id] ?? '')
  }

  text(id: number): string {
    return this.#alphabet[id] ?? [...this.special].find(([, special]) => special === id)?.[0] ?? ''
  }

  json(): string {
    return tokenizerJson({ form: 'characters', tokens: this.#alphabet, merges: [], special: this.special })
  }

  #unknown(characters: readonly string[]): LabFailure {
    const unknown = [...new Set(characters.filter(character => !this.#ids.has(character)))].slice(0, 10).join(' ')
    return new LabFailure(
      'character-unknown',
      `This model reads single characters and has never seen: ${unknown}. Expected characters of its training text: ${this.#alphabet.filter(c => c.trim()).join('')}. Leave them out, or choose a model with another tokenizer.`,
      { unknown, alphabet: this.#alphabet.filter(character => character.trim()).join('') }
    )
  }
}
