/** What every tokenizer has in common, and how tokens are shown. */

/** Text to tokens and back without loss. */
export interface Tokenizer {
  readonly kind: 'characters' | 'bytes' | 'bpe' | 'foreign'
  /** Number of tokens; ids are 0 to vocabulary − 1. */
  readonly vocabulary: number
  /** Tokens that stand for no text, by name. */
  readonly special: ReadonlyMap<string, number>
  /** Token between documents, where there is one. */
  readonly endToken: number | undefined
  /**
   * Plain text to ids: the name of a special token in it is text like any other. Lone surrogates are no
   * Unicode text and become U+FFFD.
   * @throws LabFailure `character-unknown` where the tokenizer does not know a character
   */
  encode(text: string): Int32Array
  /** As `encode`, for long texts: gives the event loop a turn every few milliseconds. */
  encodeLong(text: string): Promise<Int32Array>
  /** Ids to text; special tokens give nothing. */
  decode(ids: ArrayLike<number>): string
  /** UTF-8 of one token, which may be a fragment of a character; empty for special tokens. */
  bytes(id: number): Uint8Array
  /** One token as text for a person: a fragment of a character shows as `<0xE4>`, a special token as its name. */
  text(id: number): string
  /** The whole tokenizer as a Hugging Face tokenizer.json. */
  json(): string
}

export const endOfText = '<|endoftext|>'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** UTF-8 bytes as text, or, where they are no whole characters, byte by byte as `<0xE4>`. */
export function showBytes(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    return Array.from(bytes, byte =>
      byte < 0x80 ? String.fromCharCode(byte) : `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`
    ).join('')
  }
}

/** Joins tokens to text as they come, holding back a character until its last byte is there. */
export class TokenStream {
  readonly #tokenizer: Pick<Tokenizer, 'bytes'>
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true })

  constructor(tokenizer: Pick<Tokenizer, 'bytes'>) {
    this.#tokenizer = tokenizer
  }

  /** Text that is complete after one more token. */
  push(id: number): string {
    return this.#decoder.decode(this.#tokenizer.bytes(id), { stream: true })
  }

  /** What is left; an unfinished character becomes U+FFFD. */
  end(): string {
    return this.#decoder.decode()
  }
}

/** A growing list of ids. */
export class TokenList {
  #ids = new Int32Array(1024)
  #length = 0

  add(ids: ArrayLike<number>): void {
    if (this.#length + ids.length > this.#ids.length) {
      const grown = new Int32Array(Math.max(this.#ids.length * 2, this.#length + ids.length))
      grown.set(this.#ids)
      this.#ids = grown
    }
    this.#ids.set(ids, this.#length)
    this.#length += ids.length
  }

  take(): Int32Array {
    return this.#ids.slice(0, this.#length)
  }
}

/** Gives the event loop a turn whenever `milliseconds` have passed since the last one. */
export function breather(milliseconds = 8): () => Promise<void> {
  let since = performance.now()
  return async () => {
    if (performance.now() - since < milliseconds) return
    await new Promise<void>(resolve => setImmediate(resolve))
    since = performance.now()
  }
}
