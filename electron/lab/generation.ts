/** Continuing a text, token by token, for the Probe's run and the command line. */
import type { CallInput, CallOutputs, CallProgress } from '../contract/calls.ts'
import type { TokenView } from '../contract/probe.ts'
import type { DecodedStream, DecodedToken } from '../onnx/inference.ts'
import { slidingWindow } from '../sampling/sliding-window.ts'
import { StopStrings } from '../sampling/stop-strings.ts'
import { TokenStream, type Tokenizer } from '../tokenizers/tokenizer.ts'
import { promptTokens } from './prompt.ts'
import type { Sessions } from './sessions.ts'

/**
 * Continues a text. A prompt longer than the context is continued from its last tokens.
 *
 * The context ends a text unless `slide` is set: then the oldest half of the window is forgotten and the text
 * goes on, with another seed for every window (a window of at most 16 tokens moves on by one, as in training's
 * samples). The sampling stages look back at the window and what came after it.
 * @throws LabFailure `model-unknown`, `model-no-chat`, `character-unknown`, `token-out-of-range`, and those of
 *   the session; an AbortError when the signal cancelled it, after the tokens that had come were reported
 */
export async function generate(
  { model: id, provider, settings, seed, maxTokens, stop = [], slide = false, ...prompt }: CallInput<'generate'>,
  sessions: Pick<Sessions, 'open'>,
  { signal, progress }: { readonly signal: AbortSignal; progress(value: CallProgress['generate']): void }
): Promise<CallOutputs['generate']> {
  const { session, model } = await sessions.open(id, provider)
  const { tokenizer } = model
  const text = Array.from(promptTokens(prompt, tokenizer, session.vocabulary))
  const output = new Output(tokenizer, stop, progress)
  const stopped = new AbortController()
  let seconds = 0
  let ended: DecodedStream['ended'] = 'context'
  for (let piece = 0; ended === 'context' && output.drawn < maxTokens && (slide || piece === 0); piece++) {
    const window = slide ? slidingWindow(text, session.context) : text.slice(-session.context)
    const [stream] = await session.decode(
      {
        prompts: [Int32Array.from(window)],
        settings,
        seed: (seed + piece * 65_537) % 2 ** 32,
        maxTokens: maxTokens - output.drawn,
        endTokens: model.endTokens
      },
      token => {
        output.add(token)
        if (output.stopped) stopped.abort()
      },
      AbortSignal.any([signal, stopped.signal])
    )
    signal.throwIfAborted()
    text.push(...stream!.tokens)
    seconds += stream!.seconds
    ended = stream!.ended
  }
  output.end()
  return {
    tokens: output.tokens,
    text: output.text,
    ended: endingOf(output.stopped ? 'cancelled' : ended, output.drawn >= maxTokens),
    tokensPerSecond: seconds > 0 ? output.drawn / seconds : 0,
    provider: session.description.provider
  }
}

/** Only a stop string cancels a stream whose call was not cancelled. */
function endingOf(ended: DecodedStream['ended'], full: boolean): CallOutputs['generate']['ended'] {
  if (ended === 'cancelled') return 'stop'
  return ended === 'context' && full ? 'length' : ended
}

/** What was drawn so far, as tokens and as text. Tokens are held back while they may belong to a stop string. */
class Output {
  /** Those that begin before a stop string; the last of them may reach into it. */
  readonly tokens: TokenView[] = []
  text = ''
  stopped = false
  drawn = 0
  readonly #waiting: { readonly token: TokenView; readonly begin: number; readonly end: number }[] = []
  readonly #stream: TokenStream
  readonly #stops: StopStrings
  /** Characters decoded, those held back included. */
  #decoded = 0
  /** Characters reported. */
  #reported = 0

  constructor(
    readonly tokenizer: Tokenizer,
    stop: readonly string[],
    readonly report: (value: CallProgress['generate']) => void
  ) {
    this.#stream = new TokenStream(tokenizer)
    this.#stops = new StopStrings(stop)
  }

  /** Takes one more token; those that come after a stop string count for nothing. */
  add({ id, probability }: DecodedToken): void {
    if (this.stopped) return
    this.drawn++
    const piece = this.#stream.push(id)
    const begin = this.#decoded
    this.#decoded += piece.length
    this.#waiting.push({ token: { id, text: this.tokenizer.text(id), probability }, begin, end: this.#decoded })
    this.#release(piece)
  }

  /** No token follows: what was held back is text after all. */
  end(): void {
    if (this.stopped) return
    this.#release(this.#stream.end())
    this.text += this.#stops.end()
    this.#give(({ begin }) => !this.stopped || begin < this.text.length)
  }

  #release(piece: string): void {
    const { text, stopped } = this.#stops.push(piece)
    this.text += text
    this.stopped = stopped
    this.#give(({ begin, end }) => (stopped ? begin < this.text.length : end <= this.text.length))
  }

  /** Reports waiting tokens up to the first that does not pass. */
  #give(passes: (waiting: { readonly begin: number; readonly end: number }) => boolean): void {
    while (this.#waiting.length > 0 && passes(this.#waiting[0]!)) {
      const { token, end } = this.#waiting.shift()!
      this.tokens.push(token)
      this.report({ token, text: this.text.slice(this.#reported, end) })
      this.#reported = Math.min(end, this.text.length)
    }
  }
}
