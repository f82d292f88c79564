/** Tokens are checked before every run: ONNX Runtime takes negative ones silently, as places counted from the end. */
import { LabFailure } from '../contract/failure.ts'

/**
 * Asserts that a model can read these tokens.
 * @throws LabFailure `prompt-empty`, `context-too-long`, `token-out-of-range`
 */
export function checkTokens(tokens: Int32Array, { context, vocabulary }: { context: number; vocabulary: number }): void {
  if (tokens.length === 0)
    throw new LabFailure('prompt-empty', 'Expected a prompt of one token or more but received none. Type some text first.')
  if (tokens.length > context)
    throw new LabFailure(
      'context-too-long',
      `Expected at most ${context} tokens, all that the model can see, but received ${tokens.length}.`,
      { context, length: tokens.length }
    )
  const place = tokens.findIndex(id => id < 0 || id >= vocabulary)
  if (place >= 0)
    throw new LabFailure(
      'token-out-of-range',
      `Expected tokens from 0 to ${vocabulary - 1} but received ${tokens[place]} at place ${place}.`,
      { token: tokens[place]!, position: place, vocabulary }
    )
}
