/** Text that the model writes during training. */
import type { Plan } from '../engine/plan.ts'
import type { PretrainRecipe } from '../contract/training.ts'
import { slidingWindow } from '../sampling/sliding-window.ts'
import type { Tokenizer } from '../tokenizers/tokenizer.ts'

/**
 * Lets the model write on from the recipe's prompt. The text depends on the weights, the seed and the step only.
 * @param plan compiled with at least one stream
 */
export async function writeSample(plan: Plan, recipe: PretrainRecipe, tokenizer: Tokenizer, step: number): Promise<string> {
  const { context } = recipe.model
  const { tokens: wanted, temperature, prompt } = recipe.samples
  const start = tokenizer.encode(prompt)
  const text = [...(start.length > 0 ? start : [0])]
  const promptLength = text.length
  for (let piece = 0; text.length - promptLength < wanted; piece++) {
    const window = slidingWindow(text, context)
    const { tokens } = await plan.generate({
      prompts: [Int32Array.from(window)],
      // The token drawn after a full window is the last that the cache has room for.
      maxTokens: Math.min(wanted - (text.length - promptLength), context - window.length + 1),
      temperature,
      // Another seed for every sample and piece, and the same ones after a resume.
      seed: (recipe.seed + step * 65_537 + piece) % 2 ** 32
    })
    text.push(...tokens[0]!)
  }
  return tokenizer.decode(text.slice(promptLength))
}
