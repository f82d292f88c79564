/** A prompt of a call as tokens. */
import { LabFailure } from '../contract/failure.ts'
import type { Tokenizer } from '../tokenizers/tokenizer.ts'

/** Text or tokens, as the contract's calls take them. */
export interface Prompt {
  readonly text?: string
  /** Win over the text, so that a token taken by a click is never cut differently. */
  readonly tokens?: readonly number[]
}

/**
 * The tokens of a prompt, one at least. An empty prompt means the beginning of a text: the token between
 * documents where the tokenizer has one, else the first token, which is the line break in the alphabet of an
 * ordinary text (where nanoGPT starts its samples too).
 * @param vocabulary tokens that the model knows
 * @throws LabFailure `character-unknown`, `token-out-of-range`
 */
export function promptTokens({ text = '', tokens }: Prompt, tokenizer: Tokenizer, vocabulary: number): Int32Array {
  const ids = tokens ? Int32Array.from(tokens) : tokenizer.encode(text)
  const outside = ids.find(id => id >= vocabulary)
  if (outside !== undefined)
    throw new LabFailure('token-out-of-range', `Expected tokens from 0 to ${vocabulary - 1} but received ${outside}.`, {
      token: outside,
      vocabulary
    })
  return ids.length > 0 ? ids : Int32Array.of(tokenizer.endToken ?? 0)
}
