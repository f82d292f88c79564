/** Tokenizers of other people's models, run by Hugging Face's own library. */
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers'
import { LabFailure } from '../contract/failure.ts'
import { alphabetToBytes } from './byte-alphabet.ts'
import { showBytes, type Tokenizer } from './vocabulary.ts'

const encoder = new TextEncoder()

/** @throws LabFailure `tokenizer-unreadable` */
export function foreignTokenizer(file: Record<string, unknown>, text: string): Tokenizer {
  let inner: HuggingFaceTokenizer
  try {
    inner = new HuggingFaceTokenizer(file, { clean_up_tokenization_spaces: false })
  } catch (error) {
    const reason = (error as Error).message
    throw new LabFailure(
      'tokenizer-unreadable',
      `Expected a tokenizer.json that the lab can run but this one cannot be used: ${reason}.`,
      { reason }
    )
  }
  const added = new Map([...inner.get_added_tokens_decoder()].map(([id, token]) => [token.content, id]))
  const model = file['model'] as { vocab?: Record<string, number> | unknown[]; type?: string } | undefined
  const listed = Array.isArray(model?.vocab) ? model.vocab.length : Math.max(-1, ...Object.values(model?.vocab ?? {})) + 1
  const vocabulary = Math.max(listed, ...[...added.values()].map(id => id + 1))
  const names = new Map([...added].map(([name, id]) => [id, name]))
  const byteLevel = JSON.stringify(file['decoder'] ?? null).includes('"ByteLevel"')
  const bytes = (id: number): Uint8Array => {
    const token = inner.id_to_token(id)
    if (token === undefined || names.has(id)) return new Uint8Array()
    const fallback = /^<0x([0-9A-F]{2})>$/.exec(token)
    if (fallback) return Uint8Array.of(parseInt(fallback[1]!, 16))
    return (byteLevel && alphabetToBytes(token)) || encoder.encode(token.replaceAll('▁', ' '))
  }
  const encode = (input: string): Int32Array =>
    Int32Array.from(inner.encode(input.toWellFormed(), { add_special_tokens: false }).ids)
  return {
    kind: 'foreign',
    vocabulary,
    special: added,
    endToken: ['<|endoftext|>', '</s>', '<|end_of_text|>', '<|im_end|>']
      .map(name => added.get(name))
      .find(id => id !== undefined),
    encode,
    encodeLong: async input => encode(input),
    decode: ids => inner.decode(Array.from(ids), { skip_special_tokens: true, clean_up_tokenization_spaces: false }),
    bytes,
    text: id => names.get(id) ?? showBytes(bytes(id)),
    json: () => text
  }
}
