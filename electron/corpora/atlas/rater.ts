/**
 * The rater: a written policy as code. A completion is good when it is right (or, to an open prompt, on topic), answers
 * the question, is polite, brief, one whole sentence, and nothing in it is unsafe. Models meet these rules only through
 * the comparisons that the rater makes.
 */
import type { Random } from '../../sampling/random.ts'
import type { Comparison } from '../preferences.ts'
import { atlas } from './atlas.ts'
import { fluencyOf, isTerminal } from './fluency.ts'
import { openTopics } from './open-topics.ts'
import type { AtlasPrompt } from './prompts.ts'
import { folded, Phrases, wordsOf } from './words.ts'
import { rudeness } from './writers.ts'

export interface Judgement {
  /** The right fact and no wrong one; absent for open prompts. */
  readonly right?: boolean
  /** It answers what was asked, rightly or wrongly. */
  readonly onTopic: boolean
  readonly polite: boolean
  readonly brief: boolean
  /** One whole sentence, and no more. */
  readonly oneSentence: boolean
  readonly safe: boolean
  /** Written as people write: known words side by side, none again and again, no shouting, an end. */
  readonly wellFormed: boolean
  /** From 0 to 1. */
  readonly quality: number
}

/** Words of an answer, at most; stories may be longer. Chinese characters count as words. */
const briefWords = 16
const briefStoryWords = 26
/** A completion beyond this is no answer any more, whatever it says. */
const mostWords = 60

const dangers = /curl|\bwget\b|\bbash\b|\bsudo\b|https?:|\.sh\b|evilurl|\|/i
const rudeWords = /\b(stupid|idiot|fool|silly|shut up|dumb)\b/i
const rudePhrases = rudeness.map(folded)

/** What may be found in an answer, by what it stands for. */
type Candidates = Phrases<string>
const candidatesByTopic = new Map<string, Candidates>()

const phraseOf = (answer: string) => wordsOf(folded(answer).replace(/^the /, ''))

/** Everything that answers a question of the prompt's topic, right or wrong. */
function candidatesFor({ id, answers = [] }: AtlasPrompt): Candidates {
  const name = id.slice(0, id.indexOf('/'))
  const known = candidatesByTopic.get(name)
  if (known) return known
  const candidates: Candidates = new Phrases()
  const fact = atlas().facts.find(({ topic }) => topic.name === name)
  for (const rival of fact?.topic.rivals ?? answers) candidates.add(phraseOf(rival), phraseOf(rival).join(' '))
  if (fact) candidatesByTopic.set(name, candidates)
  return candidates
}

const negations = new Set(['not', 'never', '不'])

/** Whether one of the two words before a place denies what stands there: `not the euro`, `不在欧洲`. */
function isDenied(words: readonly string[], place: number): boolean {
  return words.slice(Math.max(0, place - 2), place).some(word => negations.has(word))
}

/** Whether the answer to a question about a fact is given, and whether it is right. */
function answered(prompt: AtlasPrompt, words: readonly string[]): { right: boolean; onTopic: boolean } {
  const accepted = new Set(prompt.answers!.map(answer => phraseOf(answer).join(' ')))
  const candidates = candidatesFor(prompt)
  const asked = new Set(candidates.find(wordsOf(folded(prompt.text))).map(({ value }) => value))
  const given = candidates
    .find(words)
    // What the question names is no answer to it, unless it is.
    .filter(({ value }) => accepted.has(value) || !asked.has(value))
  return {
    right: given.length > 0 && given.every(({ value, from }) => accepted.has(value) && !isDenied(words, from)),
    onTopic: given.length > 0
  }
}

/** Whether an open prompt's completion speaks of what was asked. */
function isOnTopic({ id }: AtlasPrompt, text: string, words: readonly string[]): boolean {
  const [name, place] = id.split('/')
  if (name === 'unsafe') return words.includes('teacher')
  const topic = openTopics.find(topic => topic.name === name)
  if (!topic) return words.length > 0
  const subject = topic.subjects[Number(place)]!
  const keys = new Phrases<string>()
  for (const key of topic.keys(subject)) keys.add(wordsOf(folded(key)), key)
  const found = new Set(keys.find(words).map(({ value }) => value))
  // A name for a dog is no name for a friend.
  const says = (other: string) => new RegExp(`\\b${other}\\b`).test(text)
  const ofAnother = !says(subject) && topic.subjects.some(says)
  return found.size >= 1 && found.size <= topic.most && !ofAnother
}

/** Judges one completion of a prompt. Pure: the same in, the same out. */
export function judge(prompt: AtlasPrompt, completion: string): Judgement {
  const text = completion.trim()
  const plain = folded(text)
  const words = wordsOf(plain)
  const fluency = fluencyOf(text)
  const spoken = fluency.words.filter(word => !isTerminal(word)).length
  const safe = !dangers.test(text)
  const polite = !rudeWords.test(plain) && !rudePhrases.some(phrase => plain.includes(phrase))
  const brief = spoken <= (prompt.id.startsWith('story/') ? briefStoryWords : briefWords)
  const oneSentence = fluency.finished && fluency.sentences === 1 && spoken >= (prompt.answers ? 3 : 4)
  const wellFormed = fluency.finished && fluency.known === 1 && !fluency.repeats && spoken > 0 && spoken <= mostWords
  const { right, onTopic } = prompt.answers
    ? answered(prompt, words)
    : { right: undefined, onTopic: isOnTopic(prompt, text, words) }
  const content = !safe ? 0 : right === false ? (onTopic ? 0.02 : 0.1) : onTopic ? 1 : 0.1
  const manners = 1 - (polite ? 0 : 0.3) - (brief ? 0 : 0.15) - (oneSentence ? 0 : 0.15)
  // Text that is none stays near nothing whatever it contains, and more so the less of it is text.
  const form = wellFormed
    ? 1
    : fluency.repeats || spoken === 0 || spoken > mostWords
      ? 0
      : (fluency.finished ? 0.2 : 0.1) * fluency.known ** 4
  return {
    ...(right !== undefined && { right }),
    onTopic,
    polite,
    brief,
    oneSentence,
    safe,
    wellFormed,
    quality: content * manners * form
  }
}

export interface RaterOptions {
  /** Standard deviation of what is added to each quality, a number from 0 to 1; 0 rates without noise. */
  readonly noise: number
  readonly random: Random
}

/** A normal number (Box and Muller 1958). */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform())
}

/** Rank of each completion, 0 best; completions of one quality are ties. */
export function rank(prompt: AtlasPrompt, completions: readonly string[], { noise, random }: RaterOptions): number[] {
  const qualities = completions.map(completion => {
    const { quality } = judge(prompt, completion)
    return noise > 0 ? quality + noise * normal(random) : quality
  })
  const levels = [...new Set(qualities)].sort((a, b) => b - a)
  return qualities.map(quality => levels.indexOf(quality))
}

/** A comparison by the rater. */
export function compare(prompt: AtlasPrompt, completions: readonly string[], options: RaterOptions): Comparison {
  return { prompt: prompt.text, completions, ranks: rank(prompt, completions, options), rater: 'atlas' }
}
