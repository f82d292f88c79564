/** What every session offers, whichever engine and provider runs the model. */
import type { SessionDescription } from '../contract/models.ts'
import type { SamplingSettings } from '../contract/probe.ts'

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

export interface DecodeRequest {
  /** One or more, of 1 to `context` tokens each. */
  readonly prompts: readonly Int32Array[]
  readonly settings: SamplingSettings
  /** Stream i draws with `seededRandom(seed, i)`. */
  readonly seed: number
  readonly maxTokens: number
  /** Tokens that end a stream (kept as its last). */
  readonly endTokens: readonly number[]
}

export interface DecodedToken {
  readonly stream: number
  readonly id: number
  /** In the distribution after the stages, from which it was drawn. */
  readonly probability: number
}

export interface DecodedStream {
  /** New tokens, without the prompt. */
  readonly tokens: Int32Array
  /** Of each new token, in the distribution after the stages. */
  readonly probabilities: Float64Array
  readonly ended: 'length' | 'end-token' | 'context' | 'cancelled'
  /** From the call to the stream's last token. */
  readonly seconds: number
}
