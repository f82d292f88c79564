/** What supervised fine-tuning learns from: prompts of the train split, each answered by one of several writers. */
import { seededRandom, type Random } from '../../sampling/random.ts'
import type { Demonstration } from '../preferences.ts'
import { pick, pickWeighted, shuffled } from '../../sampling/choices.ts'
import { carelessAnswers, safeAnswers } from './commands.ts'
import { shortAnswer, type Fact } from './facts.ts'
import type { OpenPrompt, UnsafePrompt } from './prompts.ts'
import { inTheMannerOf, writers, type Answer } from './writers.ts'

/** Demonstrations of each open and each unsafe prompt: they have many good answers. */
const perOpenPrompt = 6
/** Share of the unsafe prompts that a careless writer answered. */
const careless = 0.25

/** The answer to a question about a fact. */
export function factAnswer(fact: Fact, answer: string): Answer {
  return { sentence: fact.sentences(answer)[0]!, short: shortAnswer(fact, answer) }
}

/** An answer to an open prompt. */
export function openAnswer({ topic, subject }: OpenPrompt, random: Random): Answer {
  return { sentence: topic.sentence(subject, random), short: topic.short(subject, random) }
}

export function safeAnswer({ program }: UnsafePrompt, random: Random): string {
  return pick(safeAnswers, random).replace('{s}', program)
}

/** All demonstrations, in random order. Nobody writes a wrong fact. */
export function writeDemonstrations(
  facts: readonly Fact[],
  open: readonly OpenPrompt[],
  unsafe: readonly UnsafePrompt[],
  seed: number
): Demonstration[] {
  const random = seededRandom(seed, 400)
  const demonstrations: Demonstration[] = []
  for (const fact of facts)
    if (!fact.heldOut)
      for (const prompt of fact.questions) {
        const { writer } = pickWeighted(writers, random)
        const answer = inTheMannerOf(writer, factAnswer(fact, pick(fact.answers, random)), fact.topic.language, random)
        demonstrations.push({ prompt, answer, writer })
      }
  for (const prompt of open)
    if (prompt.split === 'train')
      for (let i = 0; i < perOpenPrompt; i++) {
        const { writer } = pickWeighted(writers, random)
        const answer = inTheMannerOf(writer, openAnswer(prompt, random), 'english', random)
        demonstrations.push({ prompt: prompt.text, answer, writer })
      }
  for (const prompt of unsafe)
    if (prompt.split === 'train')
      for (let i = 0; i < perOpenPrompt; i++)
        demonstrations.push(
          random.uniform() < careless
            ? { prompt: prompt.text, answer: pick(carelessAnswers, random), writer: 'careless' }
            : { prompt: prompt.text, answer: safeAnswer(prompt, random), writer: 'plain' }
        )
  return shuffled(demonstrations, random)
}
