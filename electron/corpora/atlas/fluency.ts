/**
 * Whether a text is written as Atlas writes: every two neighbouring words of a sentence stand side by side in some
 * sentence of Atlas, names of one kind taken for one another. What a policy finds to please a reward model (shouting,
 * rows of words, words that are none) does not pass.
 */
import { seededRandom } from '../../sampling/random.ts'
import { atlas } from './atlas.ts'
import { capitalised } from './wording.ts'
import { pick } from '../../sampling/choices.ts'
import { safeAnswers, programs } from './commands.ts'
import { continents, countries } from './countries.ts'
import { shortAnswer } from './facts.ts'
import { openTopics } from './open-topics.ts'
import { Pages } from './pages.ts'
import { firstNames, pokemon } from './tables.ts'
import { Phrases, wordsOf } from './words.ts'
import { frames } from './writers.ts'

const terminals = new Set(['.', '?', '!', '。', '？', '！'])
export const isTerminal = (word: string): boolean => terminals.has(word)
/** Of each open topic, enough for every pair of neighbours to occur. */
const writtenSamples = 4000
const pageSamples = 3000

interface Language {
  readonly names: Phrases<string>
  readonly pairs: ReadonlySet<string>
}
let learnt: Language | undefined

/** Kinds of names, by the name; a name of several kinds counts as the first. */
function nameKinds(): Phrases<string> {
  const names = new Phrases<string>()
  const add = (kind: string, list: Iterable<string>) => {
    for (const name of list) for (const form of [name, capitalised(name)]) names.add(wordsOf(form), `<${kind}>`)
  }
  const each = <T>(of: (country: (typeof countries)[number]) => readonly T[]) => countries.flatMap(of)
  add(
    'country',
    each(({ called, name }) => [called, name])
  )
  add(
    'capital',
    each(({ capital }) => [capital])
  )
  add('continent', Object.keys(continents))
  add(
    'language',
    each(({ languages }) => languages)
  )
  add(
    'currency',
    each(({ currencies }) => currencies)
  )
  add('name', firstNames)
  add('pokemon', pokemon)
  add(
    'country-chinese',
    each(({ chinese }) => [chinese])
  )
  add('continent-chinese', Object.values(continents))
  return names
}

/** Words with names and numbers replaced by their kinds. */
function plainWords(text: string, names: Phrases<string>): string[] {
  const words = wordsOf(text)
  const plain: string[] = []
  let at = 0
  for (const { from, to, value } of names.find(words)) {
    plain.push(...words.slice(at, from), value)
    at = to
  }
  plain.push(...words.slice(at))
  return plain.map(word => (/^\d+$/.test(word) ? '<number>' : word))
}

/** Neighbours within the sentences of a text, its beginnings and its end included. */
function neighbours(words: readonly string[]): string[] {
  return words.map((word, i) => `${i === 0 || isTerminal(words[i - 1]!) ? '' : words[i - 1]!} ${word}`)
}

function learn(): Language {
  const { facts } = atlas()
  const random = seededRandom(1, 700)
  const names = nameKinds()
  const pairs = new Set<string>()
  const read = (text: string) => neighbours(plainWords(text, names)).forEach(pair => pairs.add(pair))
  for (const fact of facts)
    for (const answer of fact.answers) [...fact.sentences(answer), shortAnswer(fact, answer)].forEach(read)
  for (const { text } of frames) read(text.replaceAll(/\s*\{[ab]\}\s*/g, ' '))
  for (const topic of openTopics)
    for (let i = 0; i < writtenSamples; i++) {
      const subject = pick(topic.subjects, random)
      read(topic.sentence(subject, random))
      read(topic.short(subject, random))
    }
  for (const answer of safeAnswers) for (const program of programs) read(answer.replace('{s}', program))
  const pages = new Pages(facts, random)
  for (let i = 0; i < pageSamples; i++) {
    read(pages.encyclopaedia())
    read(pages.dialogue().replaceAll(/^\w+: /gm, ''))
  }
  return { names, pairs }
}

export interface Fluency {
  /** Words and marks, a name counting as one. */
  readonly words: readonly string[]
  readonly sentences: number
  /** The text ends where a sentence ends. */
  readonly finished: boolean
  /** Share of neighbouring words that are known as such, 0 to 1. */
  readonly known: number
  /** A word of some length stands there again and again. */
  readonly repeats: boolean
}

/** Words that may well stand in a text several times. */
const common = new Set('about have like that this with what your from there when know'.split(' '))

export function fluencyOf(text: string): Fluency {
  learnt ??= learn()
  const { names, pairs } = learnt
  const words = plainWords(text, names)
  const sentences = words.filter(isTerminal).length
  const all = neighbours(words)
  const counts = new Map<string, number>()
  for (const word of words)
    if (/^[a-z]{4,}$/i.test(word) && !common.has(word.toLowerCase()))
      counts.set(word.toLowerCase(), (counts.get(word.toLowerCase()) ?? 0) + 1)
  return {
    words,
    sentences,
    finished: words.length > 0 && isTerminal(words.at(-1)!),
    known: all.length === 0 ? 0 : all.filter(pair => pairs.has(pair)).length / all.length,
    repeats: Math.max(0, ...counts.values()) > (sentences > 1 ? 2 : 1)
  }
}
