/** GPT-2's tokenizer: 50,257 tokens, from the package `gpt-tokenizer` (r50k_base), loaded when it is asked for. */
import { bytesToAlphabet } from './byte-alphabet.ts'
import { tokenizerJson } from './tokenizer-json.ts'
import { endOfText, showBytes, type Tokenizer } from './vocabulary.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

export async function gpt2Tokenizer(): Promise<Tokenizer> {
  const [{ encode }, { default: ranks }] = await Promise.all([
    import('gpt-tokenizer/encoding/r50k_base'),
    import('gpt-tokenizer/bpeRanks/r50k_base')
  ])
  const endToken = ranks.length
  const bytes = (id: number): Uint8Array => {
    const token = ranks[id]
    return token === undefined ? new Uint8Array() : typeof token === 'string' ? encoder.encode(token) : Uint8Array.from(token)
  }
  // The names of special tokens are plain text here, as with every tokenizer of the lab.
  const encodePlain = (text: string): Int32Array => Int32Array.from(encode(text.toWellFormed(), { disallowedSpecial: new Set() }))
  return {
    kind: 'bpe',
    vocabulary: endToken + 1,
    special: new Map([[endOfText, endToken]]),
    endToken,
    encode: encodePlain,
    encodeLong: async text => encodePlain(text),
    decode: ids => {
      const all = Array.from(ids, bytes).flatMap(piece => [...piece])
      return decoder.decode(Uint8Array.from(all))
    },
    bytes,
    text: id => (id === endToken ? endOfText : showBytes(bytes(id))),
    json: () => {
      const tokens = ranks.map((_, id) => bytesToAlphabet(bytes(id)))
      return tokenizerJson({ form: 'words', tokens, merges: mergesOf(tokens), special: new Map([[endOfText, endToken]]) })
    }
  }
}

/** The pair that each token was merged from: what is left when its characters are merged by lower ranks only. */
function mergesOf(tokens: readonly string[]): [string, string][] {
  const rank = new Map(tokens.map((token, id) => [token, id]))
  return tokens.slice(256).map((token, i) => {
    let parts = [...token]
    while (parts.length > 2) {
      let best = { at: -1, rank: 256 + i }
      for (let at = 0; at + 1 < parts.length; at++) {
        const found = rank.get(parts[at]! + parts[at + 1]!)
        if (found !== undefined && found < best.rank) best = { at, rank: found }
      }
      parts = [...parts.slice(0, best.at), parts[best.at]! + parts[best.at + 1]!, ...parts.slice(best.at + 2)]
    }
    return parts as [string, string]
  })
}
