/** Decodes several streams of tokens at once: the loop that every engine shares. */
import type { SamplingSettings } from '../contract/probe.ts'
import { seededRandom } from './random.ts'
import { drawToken } from './sampler.ts'

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

/** Tokens that a stream goes on with. */
export interface StreamTokens {
  readonly stream: number
  readonly tokens: Int32Array
}

/** What the loop needs of a model: streams whose keys and values are kept from call to call. */
export interface StreamModel {
  readonly context: number
  /**
   * Adds tokens to streams, one or more each. A stream that is left out has ended and never comes again.
   * @returns logits (vocabulary) after the last token of each, in the order given; valid until the next call
   */
  feed(added: readonly StreamTokens[]): Promise<readonly Float32Array[]>
}

/** A stream while it runs. */
class Stream {
  /** Prompt and output: what the sampling stages look back at. */
  readonly history: number[]
  readonly probabilities: number[] = []
  ended: DecodedStream['ended'] | undefined
  seconds = 0

  constructor(
    readonly index: number,
    readonly prompt: Int32Array
  ) {
    this.history = [...prompt]
  }

  get produced(): number {
    return this.probabilities.length
  }

  result(): DecodedStream {
    return {
      tokens: Int32Array.from(this.history.slice(this.prompt.length)),
      probabilities: Float64Array.from(this.probabilities),
      ended: this.ended ?? 'cancelled',
      seconds: this.seconds
    }
  }
}

/**
 * Decodes one stream a prompt until each has ended. A stream ends with an end token, after `maxTokens`, or
 * with the token after a full context: there is no position to read that one at.
 * @param onTokens called after every step with the token of each running stream
 * @param signal looked at between steps; streams then end as they are
 */
export async function decodeStreams(
  model: StreamModel,
  { prompts, settings, seed, maxTokens, endTokens }: DecodeRequest,
  onTokens?: (tokens: readonly DecodedToken[]) => void,
  signal?: AbortSignal
): Promise<readonly DecodedStream[]> {
  const start = performance.now()
  const streams = prompts.map((prompt, i) => new Stream(i, prompt))
  const randoms = streams.map(({ index }) => seededRandom(seed, index))
  const ends = new Set(endTokens)
  let running = streams
  while (running.length > 0 && !signal?.aborted) {
    const logits = await model.feed(
      running.map(({ index, prompt, history, produced }) => ({
        stream: index,
        tokens: produced === 0 ? prompt : Int32Array.of(history.at(-1)!)
      }))
    )
    // A cancelled call gives nothing more, not even what has been computed meanwhile.
    if (signal?.aborted) break
    const drawn = running.map((stream, i): DecodedToken => {
      const { id, probability } = drawToken(logits[i]!, stream.history, settings, randoms[stream.index]!)
      stream.history.push(id)
      stream.probabilities.push(probability)
      stream.seconds = (performance.now() - start) / 1000
      if (ends.has(id)) stream.ended = 'end-token'
      else if (stream.produced >= maxTokens) stream.ended = 'length'
      else if (stream.history.length > model.context) stream.ended = 'context'
      return { stream: stream.index, id, probability }
    })
    onTokens?.(drawn)
    running = running.filter(stream => stream.ended === undefined)
  }
  return streams.map(stream => stream.result())
}
