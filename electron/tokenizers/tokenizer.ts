/** The front door of the tokenizers: learn one from a text, read one from a file. */
import { readFile } from 'node:fs/promises'
import { LabFailure } from '../contract/failure.ts'
import type { PretrainRecipe } from '../contract/training.ts'
import { BpeTokenizer, type Merge } from './bpe.ts'
import { learnMerges } from './bpe-training.ts'
import { bytesInOrder, bytesToAlphabet } from './byte-alphabet.ts'
import { alphabetOf, CharacterTokenizer } from './characters.ts'
import { foreignTokenizer } from './foreign.ts'
import { tokenizerParts, type TokenizerParts } from './tokenizer-json.ts'
import type { Tokenizer } from './vocabulary.ts'

export { gpt2Tokenizer } from './gpt2.ts'
export { endOfText, TokenStream, type Tokenizer } from './vocabulary.ts'

/**
 * Learns the tokenizer of a recipe from a text. For BPE, `vocabulary` counts everything: 256 bytes, merges
 * and special tokens.
 * @param special names of tokens that stand for no text, such as the end of a document
 */
export async function trainTokenizer(
  choice: PretrainRecipe['tokenizer'],
  text: string,
  special: readonly string[] = []
): Promise<Tokenizer> {
  switch (choice.kind) {
    case 'characters':
      return new CharacterTokenizer(alphabetOf(text), special)
    case 'bytes':
      return new BpeTokenizer([], special)
    case 'bpe': {
      const learnt = await learnMerges(text, Math.max(0, choice.vocabulary - 256 - special.length))
      return new BpeTokenizer(
        learnt.map(({ merge }) => merge),
        special
      )
    }
  }
}

/**
 * A tokenizer from the text of a tokenizer.json.
 * @throws LabFailure `tokenizer-unreadable`
 */
export function readTokenizer(text: string): Tokenizer {
  let file: unknown
  try {
    file = JSON.parse(text)
  } catch (error) {
    throw unreadable((error as Error).message)
  }
  if (typeof file !== 'object' || file === null) throw unreadable('it is no JSON object')
  const parts = tokenizerParts(file)
  return (parts && ownTokenizer(parts)) ?? foreignTokenizer(file as Record<string, unknown>, text)
}

/** @throws LabFailure `tokenizer-unreadable` */
export async function readTokenizerFile(path: string): Promise<Tokenizer> {
  return readTokenizer(await readFile(path, 'utf8').catch(error => Promise.reject(unreadable((error as Error).message))))
}

/** What a tokenizer is, in a few words. */
export function describeTokenizer({ kind, vocabulary }: Tokenizer): string {
  const names = { characters: 'characters', bytes: 'bytes', bpe: 'byte-level BPE', foreign: 'tokenizer.json' }
  return `${names[kind]}, ${vocabulary.toLocaleString('en-US')} tokens`
}

function unreadable(reason: string): LabFailure {
  return new LabFailure('tokenizer-unreadable', `Expected a tokenizer.json but it cannot be read: ${reason}.`, { reason })
}

/** One of the lab's own kinds, when ids and merges stand in the lab's order; undefined otherwise. */
function ownTokenizer({ form, tokens, merges, special }: TokenizerParts): Tokenizer | undefined {
  const names = [...special].sort((a, b) => a[1] - b[1])
  if (names.some(([, id], i) => id !== tokens.length + i) || Object.keys(tokens).length !== tokens.length) return undefined
  const specialNames = names.map(([name]) => name)
  if (form === 'characters')
    return tokens.every(token => [...token].length === 1) ? new CharacterTokenizer(tokens, specialNames) : undefined
  const inOrder =
    tokens.length === 256 + merges.length && bytesInOrder.every((byte, id) => tokens[id] === bytesToAlphabet(Uint8Array.of(byte)))
  if (!inOrder || (form === 'bytes') !== (merges.length === 0)) return undefined
  const ids = new Map(tokens.map((token, id) => [token, id]))
  const pairs: Merge[] = []
  for (const [rank, [left, right]] of merges.entries()) {
    const pair = [ids.get(left), ids.get(right)]
    if (pair[0] === undefined || pair[1] === undefined || tokens[256 + rank] !== left + right) return undefined
    pairs.push([pair[0], pair[1]])
  }
  return new BpeTokenizer(pairs, specialNames)
}
