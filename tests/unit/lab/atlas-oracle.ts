/**
 * An engine whose models know Atlas by heart, or nothing: in the place of the native one, so that figures are known
 * before they are measured.
 */
import { atlas } from '../../../electron/corpora/atlas/atlas.ts'
import { judge } from '../../../electron/corpora/atlas/rater.ts'
import type { Engine, Plan } from '../../../electron/engine/plan.ts'
import type { Tokenizer } from '../../../electron/tokenizers/tokenizer.ts'

/** What an oracle says to a prompt's text. */
export type Says = (question: string) => string

/** A text in the order of its tokens, with special tokens by name. */
function spelled(tokenizer: Tokenizer, tokens: Int32Array): string {
  const names = new Map([...tokenizer.special].map(([name, id]) => [id, name]))
  let text = ''
  let run: number[] = []
  const flush = () => {
    text += tokenizer.decode(run)
    run = []
  }
  for (const token of tokens) {
    const name = names.get(token)
    if (name === undefined) run.push(token)
    else {
      flush()
      text += name
    }
  }
  flush()
  return text
}

/** The question that a text ends with, in whichever frame. */
export function questionOf(text: string): string {
  const chat = /<\|user\|>(.*)<\|assistant\|>$/s.exec(text)
  const page = /(?:Q: |问：)([^\n]*)\n(?:A:|答：)$/.exec(text)
  return chat?.[1] ?? page?.[1] ?? text.replace('<|endoftext|>', '').trim()
}

export function oracleEngine(tokenizer: Tokenizer, says: Says): Engine {
  const plan = (length: number): Plan => {
    const unused = () => Promise.reject(new Error('An oracle does not train.'))
    const end = tokenizer.special.get('<|end|>')!
    return {
      threads: 1,
      simd: 'reference',
      bytes: 0,
      writeParameters: async () => {},
      close: async () => {},
      // However many bytes it takes: a model's tokens are longer.
      generate: async ({ prompts, endTokens = [] }) => ({
        seconds: 0,
        logProbabilities: [],
        tokens: prompts.map(prompt => {
          const text = spelled(tokenizer, prompt)
          const answer = tokenizer.encode(says(questionOf(text)))
          return Int32Array.of(...answer, endTokens.includes(end) ? end : endTokens[0]!)
        })
      }),
      // Every next token is as likely as every other; a score is eight times the rater's quality.
      outputs: async ({ tokens }, name) => {
        const all = tokens as Int32Array
        if (name === 'logits') return new Float32Array(all.length * tokenizer.vocabulary)
        return Float32Array.from(all, (_, i) => {
          const row = all.subarray(Math.floor(i / length) * length, i + 1)
          const turn = /^<\|user\|>(.*)<\|assistant\|>(.*)<\|end\|><\|reward\|>$/s.exec(spelled(tokenizer, row))
          return turn ? 8 * judge(atlas().promptOf(turn[1]!)!, turn[2]!).quality : 0
        })
      },
      train: unused,
      evaluate: unused,
      logits: unused,
      gradients: unused,
      decode: unused,
      readParameters: unused,
      readState: unused,
      writeState: unused
    }
  }
  return {
    simd: 'reference',
    simds: ['reference'],
    cores: 1,
    compile: (_, { length }) => plan(length),
    measurePeak: async () => 0
  }
}
