/** Comparisons collected from a model: it completes prompts several times each, and the rater ranks the completions. */
import { chatIds, decodeSpoken, encodePrompt } from '../corpora/chat.ts'
import { compare } from '../corpora/atlas/rater.ts'
import type { AtlasPrompt } from '../corpora/atlas/prompts.ts'
import type { Comparison } from '../corpora/preferences.ts'
import type { Plan } from '../engine/plan.ts'
import type { Random } from '../sampling/random.ts'
import type { Tokenizer } from '../tokenizers/tokenizer.ts'
import type { Waypoint } from './prepared-run.ts'

export interface ComparisonOptions {
  /** Completions of each prompt. */
  readonly completions: number
  /** Longest completion, tokens. */
  readonly tokens: number
  readonly temperature: number
  /** Of the rater. */
  readonly noise: number
}

/**
 * @param plan of a graph with logits
 * @param streams of the plan: so many completions are decoded at once
 * @returns undefined when it was not to go on
 */
export async function collectComparisons(
  {
    plan,
    streams,
    tokenizer
  }: { readonly plan: Pick<Plan, 'generate'>; readonly streams: number; readonly tokenizer: Tokenizer },
  prompts: readonly AtlasPrompt[],
  { completions, tokens, temperature, noise }: ComparisonOptions,
  random: Random,
  at: Waypoint
): Promise<Comparison[] | undefined> {
  const { end, endOfText } = chatIds(tokenizer)
  const asked = prompts.flatMap(({ text }) => Array<Int32Array>(completions).fill(encodePrompt(tokenizer, text)))
  const written: string[] = []
  for (let from = 0; from < asked.length; from += streams) {
    if (!(await at(from, asked.length))) return undefined
    const drawn = await plan.generate({
      prompts: asked.slice(from, from + streams),
      maxTokens: tokens,
      temperature,
      seed: random.integer(2 ** 32),
      endTokens: [end, endOfText]
    })
    written.push(...drawn.tokens.map(ids => decodeSpoken(tokenizer, ids)))
  }
  return prompts.map((prompt, i) => compare(prompt, written.slice(i * completions, (i + 1) * completions), { noise, random }))
}
