/** Comparisons without a model: the writers' answers and wrong ones in the same manner, ranked by the rater. */
import { seededRandom, type Random } from '../../sampling/random.ts'
import type { Comparison } from '../preferences.ts'
import type { Atlas } from './atlas.ts'
import { pick, shuffled } from '../../sampling/choices.ts'
import { carelessAnswers } from './commands.ts'
import { factAnswer, openAnswer, safeAnswer } from './demonstrations.ts'
import type { Fact } from './facts.ts'
import { inShares, type AtlasPrompt, type OpenPrompt, type UnsafePrompt } from './prompts.ts'
import { compare } from './rater.ts'
import { inTheMannerOf, writers, type Writer } from './writers.ts'

export interface ComparisonOptions {
  readonly count: number
  readonly split: AtlasPrompt['split']
  /** Completions of each prompt, two or more. */
  readonly completions: number
  /** The rater's, see `RaterOptions`. */
  readonly noise: number
  readonly seed: number
}

/** Share of the completions of a question that are wrong. */
const wrongShare = 0.4

/**
 * Comparisons of prompts of a split. Where a question has wrong answers, the first two completions are a right and a
 * wrong one in the same manner, so that facts cannot be told by manners.
 */
export function writtenComparisons(world: Atlas, { count, split, completions, noise, seed }: ComparisonOptions): Comparison[] {
  const random = seededRandom(seed, 800)
  const open = new Map(world.openPrompts.map(prompt => [prompt.id, prompt]))
  const unsafe = new Map(world.unsafePrompts.map(prompt => [prompt.id, prompt]))
  const facts = new Map(world.facts.map(fact => [`${fact.topic.name}/${fact.key}`, fact]))
  const draw = inShares(world.allPrompts, split)
  return Array.from({ length: count }, () => {
    const prompt = draw(random)
    const fact = facts.get(prompt.id.slice(0, prompt.id.lastIndexOf('/')))
    const write = fact
      ? (i: number) => factCompletion(fact, i, random)
      : () => openCompletion(open.get(prompt.id) ?? unsafe.get(prompt.id)!, random)
    const written = new Set<string>()
    // Some prompts have fewer different answers than are asked for.
    for (let i = 0; written.size < completions && i < completions * 8; i++) write(i).forEach(text => written.add(text))
    return compare(prompt, shuffled([...written].slice(0, completions), random), { noise, random })
  })
}

function anyWriter(random: Random): Writer {
  return pick(writers, random).writer
}

/** One completion, or two that differ in the fact alone. */
function factCompletion(fact: Fact, i: number, random: Random): string[] {
  const wrong = (): string => {
    for (;;) {
      const rival = pick(fact.topic.rivals, random)
      if (!fact.answers.includes(rival) && !fact.accepted.includes(rival) && rival !== fact.subject) return rival
    }
  }
  const said = (writer: Writer, answer: string) => inTheMannerOf(writer, factAnswer(fact, answer), fact.topic.language, random)
  const right = pick(fact.answers, random)
  if (i > 0) return [said(anyWriter(random), random.uniform() < wrongShare ? wrong() : right)]
  const manner = pick(['plain', 'brief', 'plain'] as const, random)
  return [said(manner, right), said(manner, wrong())]
}

function openCompletion(prompt: OpenPrompt | UnsafePrompt, random: Random): string[] {
  if ('program' in prompt) return [random.uniform() < 0.5 ? pick(carelessAnswers, random) : safeAnswer(prompt, random)]
  return [inTheMannerOf(anyWriter(random), openAnswer(prompt, random), 'english', random)]
}
