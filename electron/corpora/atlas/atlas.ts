/** Atlas: a world small enough to be learnt. Everything that the stages read is made here from facts and a seed. */
import type { Demonstration } from '../preferences.ts'
import { writeDemonstrations } from './demonstrations.ts'
import { factsOf, type Fact } from './facts.ts'
import { mixDocuments, type MixedDocument, type MixedTexts } from './mixture.ts'
import {
  balanced,
  factPrompts,
  openPromptsOf,
  unsafePromptsOf,
  type AtlasPrompt,
  type OpenPrompt,
  type UnsafePrompt
} from './prompts.ts'
import { sentimentData, type SentimentData } from './reviews.ts'

/** The seed of the corpus `atlas`, and of everything that goes with it. */
export const atlasSeed = 1337

export interface Atlas {
  readonly seed: number
  readonly facts: readonly Fact[]
  /** Pretraining documents in random order. */
  documents(texts: MixedTexts): Promise<MixedDocument[]>
  demonstrations(): Demonstration[]
  /** For reinforcement learning (`train`, two fifths of them open) and for figures (`held-out`). */
  readonly prompts: readonly AtlasPrompt[]
  /** Every question about every fact, every open and every unsafe prompt, of both splits. */
  readonly allPrompts: readonly AtlasPrompt[]
  readonly openPrompts: readonly OpenPrompt[]
  readonly unsafePrompts: readonly UnsafePrompt[]
  readonly sentiment: SentimentData
  /** The prompt with this text, in whatever split. */
  promptOf(text: string): AtlasPrompt | undefined
}

const made = new Map<number, Atlas>()

/** The Atlas of a seed; the seed chooses what is held out, and writes the documents. */
export function atlas(seed: number = atlasSeed): Atlas {
  const known = made.get(seed)
  if (known) return known
  const facts = factsOf(seed)
  const openPrompts = openPromptsOf(seed)
  const unsafePrompts = unsafePromptsOf(seed)
  const allPrompts = [...facts.flatMap(factPrompts), ...openPrompts, ...unsafePrompts]
  const byText = new Map(allPrompts.map(prompt => [prompt.text, prompt]))
  const world: Atlas = {
    seed,
    facts,
    documents: texts => mixDocuments(facts, texts, seed),
    demonstrations: () => writeDemonstrations(facts, openPrompts, unsafePrompts, seed),
    prompts: [...balanced(allPrompts, seed), ...allPrompts.filter(({ split }) => split === 'held-out')],
    allPrompts,
    openPrompts,
    unsafePrompts,
    sentiment: sentimentData(seed),
    promptOf: text => byText.get(text)
  }
  made.set(seed, world)
  return world
}
