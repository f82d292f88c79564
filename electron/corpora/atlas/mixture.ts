/** The pretraining mixture: kinds of documents, their shares, and how often each is read in one epoch of the whole. */
import { seededRandom } from '../../sampling/random.ts'
import { breather } from '../../tokenizers/vocabulary.ts'
import { shuffled } from '../../sampling/choices.ts'
import type { Fact } from './facts.ts'
import { Pages } from './pages.ts'

export type DocumentKind =
  | 'encyclopaedia'
  | 'everyday'
  | 'lists'
  | 'answers'
  | 'quizzes'
  | 'dialogues'
  | 'writing'
  | 'reviews'
  | 'names'
  | 'chinese'
  | 'sonnets'
  | 'moby-dick'
  | 'commands'

/** Share of each kind, by characters. */
export const weights: Readonly<Record<DocumentKind, number>> = {
  encyclopaedia: 0.26,
  everyday: 0.06,
  lists: 0.1,
  answers: 0.18,
  quizzes: 0.09,
  dialogues: 0.06,
  writing: 0.07,
  reviews: 0.04,
  names: 0.02,
  chinese: 0.07,
  sonnets: 0.03,
  'moby-dick': 0.015,
  commands: 0.005
}

/** Characters of the whole mixture: about 2.4 million tokens at a vocabulary of 1,200. */
export const mixtureCharacters = 6_000_000
/** Of Moby-Dick, the first chapters, in passages of at least so many characters. */
const chapters = 12
const passageCharacters = 1000

export interface MixedDocument {
  readonly kind: DocumentKind
  readonly text: string
}

/** One row of the mixture's table, as LLaMA's. */
export interface MixtureRow {
  readonly kind: DocumentKind
  /** Share of the characters. */
  readonly weight: number
  readonly documents: number
  readonly characters: number
  /** Times that a document of the kind is read while the mixture is read once; 1 where none comes twice. */
  readonly epochs: number
}

/** The texts that are mixed in, as documents. */
export interface MixedTexts {
  readonly sonnets: readonly string[]
  readonly mobyDick: readonly string[]
}

/**
 * Passages of whole paragraphs: a chapter is twenty times as long as any other document, and one of them could
 * fill the part that is held out.
 */
function passagesOf(chapter: string): string[] {
  const passages: string[] = []
  let passage = ''
  for (const paragraph of chapter.split(/\n{2,}/)) {
    passage += (passage && '\n\n') + paragraph
    if (passage.length < passageCharacters) continue
    passages.push(passage.trim())
    passage = ''
  }
  return passage.trim() ? [...passages, passage.trim()] : passages
}

/** All documents in random order. Writing them takes about a second, in which the event loop gets its turns. */
export async function mixDocuments(facts: readonly Fact[], texts: MixedTexts, seed: number): Promise<MixedDocument[]> {
  const breathe = breather()
  const random = seededRandom(seed, 500)
  const pages = new Pages(facts, random)
  const cycle = (list: readonly string[]) => {
    let order: string[] = []
    return () => {
      if (order.length === 0) order = shuffled(list, random)
      return order.pop()!
    }
  }
  const writers: Record<DocumentKind, () => string> = {
    encyclopaedia: () => pages.encyclopaedia(),
    everyday: () => pages.everyday(),
    lists: () => pages.list(),
    answers: () => pages.answers(),
    quizzes: () => pages.quiz(),
    dialogues: () => pages.dialogue(),
    writing: () => pages.writing(),
    reviews: () => pages.reviews(),
    names: () => pages.names(),
    chinese: () => pages.chinese(),
    sonnets: cycle(texts.sonnets),
    'moby-dick': cycle(texts.mobyDick.slice(0, chapters).flatMap(passagesOf)),
    commands: () => pages.command()
  }
  const documents: MixedDocument[] = []
  for (const kind of Object.keys(weights) as DocumentKind[])
    for (let left = weights[kind] * mixtureCharacters; left > 0;) {
      const text = writers[kind]()
      documents.push({ kind, text })
      left -= text.length
      await breathe()
    }
  return shuffled(documents, random)
}

/** The mixture's table. */
export function mixtureTable(documents: readonly MixedDocument[]): MixtureRow[] {
  const total = documents.reduce((sum, { text }) => sum + text.length, 0)
  return (Object.keys(weights) as DocumentKind[]).map(kind => {
    const own = documents.filter(document => document.kind === kind)
    const characters = own.reduce((sum, { text }) => sum + text.length, 0)
    const distinct = new Set(own.map(({ text }) => text)).size
    return { kind, weight: characters / total, documents: own.length, characters, epochs: own.length / distinct }
  })
}
