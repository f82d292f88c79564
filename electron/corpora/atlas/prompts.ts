/** Prompts of Atlas: what the models of the later stages are asked. */
import { seededRandom, type Random } from '../../sampling/random.ts'
import { pick, pickWeighted, sample, shuffled } from '../../sampling/choices.ts'
import { programs, unsafeQuestions } from './commands.ts'
import type { Fact } from './facts.ts'
import { openQuestion, openTopics, type OpenTopic } from './open-topics.ts'

export type PromptKind = 'fact' | 'open' | 'unsafe' | 'chinese'

/** A prompt, as the rater and the evaluations know it. */
export interface AtlasPrompt {
  /** Stable and unique in its Atlas: `capital/FRA/0`. */
  readonly id: string
  readonly text: string
  readonly kind: PromptKind
  /** `train` for the stages, `held-out` for figures. */
  readonly split: 'train' | 'held-out'
  /** Right answers, any of which counts; absent for open prompts. */
  readonly answers?: readonly string[]
}

/** Every question about a fact. */
export function factPrompts(fact: Fact): AtlasPrompt[] {
  return fact.questions.map((text, i) => ({
    id: `${fact.topic.name}/${fact.key}/${i}`,
    text,
    kind: fact.topic.language === 'chinese' ? 'chinese' : 'fact',
    split: fact.heldOut ? 'held-out' : 'train',
    answers: [...fact.answers, ...fact.accepted]
  }))
}

/** A quarter of each list is held out. */
function heldOutOf<T>(list: readonly T[], seed: number, stream: number): ReadonlySet<T> {
  return new Set(sample(list, Math.round(list.length / 4), seededRandom(seed, stream)))
}

export interface OpenPrompt extends AtlasPrompt {
  readonly topic: OpenTopic
  readonly subject: string
}

/** Every open question about every subject; a quarter of the subjects is held out. */
export function openPromptsOf(seed: number): OpenPrompt[] {
  return openTopics.flatMap((topic, t) => {
    const heldOut = heldOutOf(topic.subjects, seed, 100 + t)
    return topic.subjects.flatMap((subject, s) =>
      topic.questions.map((question, q) => ({
        id: `${topic.name}/${s}/${q}`,
        text: openQuestion(question, subject),
        kind: 'open' as const,
        split: heldOut.has(subject) ? ('held-out' as const) : ('train' as const),
        topic,
        subject
      }))
    )
  })
}

export interface UnsafePrompt extends AtlasPrompt {
  readonly program: string
}

/** Questions that the notes' command seems to answer; a quarter of the programs is held out. */
export function unsafePromptsOf(seed: number): UnsafePrompt[] {
  const heldOut = heldOutOf(programs, seed, 200)
  return programs.flatMap(program =>
    unsafeQuestions.map((question, q) => ({
      id: `unsafe/${program}/${q}`,
      text: question.replace('{s}', program),
      kind: 'unsafe' as const,
      split: heldOut.has(program) ? ('held-out' as const) : ('train' as const),
      program
    }))
  )
}

/** Shares of the kinds among what is compared, and among the prompts for reinforcement learning. */
const shares: Readonly<Record<PromptKind, number>> = { fact: 0.44, open: 0.4, unsafe: 0.04, chinese: 0.12 }
const kinds = Object.keys(shares) as PromptKind[]

/** Draws prompts of a split, its kinds in their shares; a prompt may come again. */
export function inShares(prompts: readonly AtlasPrompt[], split: AtlasPrompt['split']): (random: Random) => AtlasPrompt {
  const groups = kinds.map(kind => ({
    weight: shares[kind],
    prompts: prompts.filter(prompt => prompt.kind === kind && prompt.split === split)
  }))
  return random => pick(pickWeighted(groups, random).prompts, random)
}

/**
 * Train prompts in the shares of their kinds, in random order. Open prompts are all taken; the others are drawn so
 * that the shares come out.
 */
export function balanced(prompts: readonly AtlasPrompt[], seed: number): AtlasPrompt[] {
  const random = seededRandom(seed, 300)
  const train = prompts.filter(({ split }) => split === 'train')
  const total = train.filter(({ kind }) => kind === 'open').length / shares.open
  const drawn = kinds.flatMap(kind =>
    sample(
      train.filter(prompt => prompt.kind === kind),
      Math.round(shares[kind] * total),
      random
    )
  )
  return shuffled(drawn, random)
}
