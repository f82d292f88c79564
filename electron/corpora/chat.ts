/**
 * The chat format. A turn is `<|user|>PROMPT<|assistant|>ANSWER<|end|>`; where a reward model is to judge it,
 * `<|reward|>` follows. A tokenizer has these tokens from pretraining on, so that one serves the whole lineage.
 */
import { LabFailure } from '../contract/failure.ts'
import { endOfText, type Tokenizer } from '../tokenizers/vocabulary.ts'

/** Names of the special tokens of a tokenizer that can chat, in order of id. */
export const chatTokens = [endOfText, '<|user|>', '<|assistant|>', '<|end|>', '<|reward|>'] as const

/** Ids of the special tokens. */
export interface ChatIds {
  readonly endOfText: number
  readonly user: number
  readonly assistant: number
  readonly end: number
  readonly reward: number
}

/** @throws LabFailure `tokenizer-foreign` for a tokenizer without the tokens of a chat */
export function chatIds(tokenizer: Pick<Tokenizer, 'special'>): ChatIds {
  const [endOfText, user, assistant, end, reward] = chatTokens.map(name => {
    const id = tokenizer.special.get(name)
    if (id === undefined)
      throw new LabFailure(
        'tokenizer-foreign',
        `Expected a tokenizer with the tokens of a chat but it has no ${name}. Choose a model of an Atlas lineage, or pretrain one with tokenizer.chat=true.`,
        { token: name }
      )
    return id
  }) as [number, number, number, number, number]
  return { endOfText, user, assistant, end, reward }
}

/**
 * A text as it stands within a turn. Where words are tokens it is as on a page after `Q: `, with a space before its
 * first word, so that this word is the token that it is everywhere else in a text. Chinese has no spaces.
 */
export function encodeSpoken(tokenizer: Tokenizer, text: string): Int32Array {
  return tokenizer.encode(tokenizer.kind === 'bpe' && /^[!-~]/.test(text) ? ` ${text}` : text)
}

/** What was said, as a person reads it: without the space before the first word. */
export function decodeSpoken(tokenizer: Tokenizer, tokens: ArrayLike<number>): string {
  return tokenizer.decode(tokens).trim()
}

/** What a model is given so that it answers: `<|user|>PROMPT<|assistant|>`. */
export function encodePrompt(tokenizer: Tokenizer, prompt: string): Int32Array {
  const { user, assistant } = chatIds(tokenizer)
  return Int32Array.of(user, ...encodeSpoken(tokenizer, prompt), assistant)
}

/** A sequence to learn from: `targets[i]` is the token after `tokens[i]`, −1 where it does not count. */
export interface MaskedSequence {
  readonly tokens: Int32Array
  readonly targets: Int32Array
}

/**
 * A whole turn. Only the answer and its `<|end|>` count: the position of `<|assistant|>` is the first with a target.
 */
export function encodeExchange(tokenizer: Tokenizer, prompt: string, answer: string): MaskedSequence {
  const asked = encodePrompt(tokenizer, prompt)
  const answered = Int32Array.of(...encodeSpoken(tokenizer, answer), chatIds(tokenizer).end)
  return answerTo(asked, answered)
}

/** The same for a turn that is in tokens already. */
export function answerTo(prompt: Int32Array, answer: Int32Array): MaskedSequence {
  const tokens = new Int32Array(prompt.length + answer.length)
  tokens.set(prompt)
  tokens.set(answer, prompt.length)
  const targets = new Int32Array(tokens.length).fill(-1)
  targets.set(answer, prompt.length - 1)
  return { tokens, targets }
}

/** A turn for the reward model; `at` is the position of `<|reward|>`, where the score is read. */
export interface JudgedSequence {
  readonly tokens: Int32Array
  readonly at: number
}

/** @param completion text, or the tokens that a model wrote; an `<|end|>` that it lacks is added */
export function encodeForReward(tokenizer: Tokenizer, prompt: string, completion: string | Int32Array): JudgedSequence {
  const { end, reward } = chatIds(tokenizer)
  const answer = typeof completion === 'string' ? encodeSpoken(tokenizer, completion) : completion
  const ended = answer.at(-1) === end ? answer : Int32Array.of(...answer, end)
  const tokens = Int32Array.of(...encodePrompt(tokenizer, prompt), ...ended, reward)
  return { tokens, at: tokens.length - 1 }
}

/**
 * Sequences one after another in a row of `length` tokens, as many as `next` gives before one does not fit; the
 * rest of the row is filled with `<|endoftext|>` and does not count. A sequence longer than the row is cut.
 */
export function packRow(next: () => MaskedSequence, length: number, filler: number): MaskedSequence {
  const tokens = new Int32Array(length).fill(filler)
  const targets = new Int32Array(length).fill(-1)
  for (let at = 0; at < length;) {
    const sequence = next()
    if (at > 0 && at + sequence.tokens.length > length) break
    tokens.set(sequence.tokens.subarray(0, length - at), at)
    targets.set(sequence.targets.subarray(0, length - at), at)
    at += sequence.tokens.length
  }
  return { tokens, targets }
}
