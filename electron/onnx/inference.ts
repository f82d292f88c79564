/** What every session offers, whichever engine and provider runs the model. */
import type { SessionDescription } from '../contract/models.ts'
import type { DecodedStream, DecodedToken, DecodeRequest } from '../sampling/decode-streams.ts'

export type { DecodedStream, DecodedToken, DecodeRequest }

/**
 * An opened model. Failures of all calls: `token-out-of-range`, `context-too-long`, `prompt-empty`,
 * `session-failed` (the runtime's own words), `session-closed`.
 */
export interface InferenceSession {
  readonly description: SessionDescription
  /** Tokens it can see at most. */
  readonly context: number
  readonly vocabulary: number
  /** Full form over one text (1 to `context` tokens). Undefined for models without it. */
  inspect?(tokens: Int32Array): Promise<FullRun>
  /** Logits (vocabulary) of the token after `tokens` (1 to `context` of them). */
  next(tokens: Int32Array): Promise<Float32Array>
  /**
   * Decodes one stream a prompt, several at once in one batch (ragged); calls back for every token as it
   * comes. Cancelled between tokens by the signal: the streams then end as they are.
   */
  decode(request: DecodeRequest, onToken?: (token: DecodedToken) => void, signal?: AbortSignal): Promise<readonly DecodedStream[]>
  /** Waits for what is running, then frees everything. */
  close(): Promise<void>
}

/** One run of the full form over T tokens. */
export interface FullRun {
  /** (T, vocabulary). */
  readonly logits: Float32Array
  /** (layers, heads, T, T) probabilities; row = looking token. */
  readonly attention: Float32Array
  /** (layers + 1, vocabulary): the logits that the head makes of the residual stream after the embedding and after each layer, at the last position. */
  readonly lens: Float32Array
  readonly layers: number
  readonly heads: number
  readonly milliseconds: number
}
