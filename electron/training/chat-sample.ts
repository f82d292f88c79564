/** What a chat model answers during training. */
import type { Recipe } from '../contract/training.ts'
import { chatIds, decodeSpoken, encodePrompt } from '../corpora/chat.ts'
import type { Plan } from '../engine/plan.ts'
import type { Tokenizer } from '../tokenizers/tokenizer.ts'

/**
 * The model's answer to the recipe's prompt, on a line of its own: a sample's text follows its prompt. It depends on the weights, the seed and the step only.
 * @param plan compiled with at least one stream
 */
export async function answerSample(
  plan: Pick<Plan, 'generate'>,
  { seed, samples }: Extract<Recipe, { readonly samples: unknown }>,
  tokenizer: Tokenizer,
  step: number
): Promise<{ prompt: string; text: string }> {
  const { end, endOfText } = chatIds(tokenizer)
  const { tokens } = await plan.generate({
    prompts: [encodePrompt(tokenizer, samples.prompt)],
    maxTokens: samples.tokens,
    temperature: samples.temperature,
    seed: (seed + step * 65_537) % 2 ** 32,
    endTokens: [end, endOfText]
  })
  return { prompt: samples.prompt, text: `\n${decodeSpoken(tokenizer, tokens[0]!)}` }
}
