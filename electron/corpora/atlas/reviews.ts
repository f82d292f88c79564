/**
 * Short reviews with a clear feeling. Those of the pretraining documents say it in words of that feeling alone; among
 * those for classification and for prompts, half also use a word of the other: the word is denied, or it is what
 * somebody else said, or what was expected. A model that has only read plain reviews has to learn what became of it.
 */
import { seededRandom, type Random } from '../../sampling/random.ts'
import { a, capitalised } from './wording.ts'
import { pick } from '../../sampling/choices.ts'

export const sentiments = ['positive', 'negative'] as const
export type Sentiment = (typeof sentiments)[number]

export interface Review {
  readonly text: string
  readonly label: Sentiment
}

const split = (text: string) => text.split(', ')

const subjects = split(
  'film, book, soup, hotel, song, game, cake, play, train, room, walk, lesson, coffee, shop, park, story, phone, garden'
)
const words: Record<
  Sentiment,
  { readonly is: string[]; readonly felt: string[]; readonly end: string[]; readonly but: string[] }
> = {
  positive: {
    is: split('wonderful, excellent, lovely, great, charming, perfect, delightful, brilliant, pleasant, beautiful'),
    felt: split('loved, enjoyed, liked, adored'),
    end: split('I will come back soon, I was happy all day, everyone should try it, it made me smile, it was worth the money'),
    but: split('slow at first, a little small, rather expensive, not very new')
  },
  negative: {
    is: split('terrible, awful, boring, poor, horrible, disappointing, dull, dreadful, bad, ugly'),
    felt: split('hated, disliked, regretted, could not stand'),
    end: split('I will never come back, I was sad all day, nobody should try it, it made me angry, it was a waste of money'),
    but: split('nice at first, rather cheap, very new, quite famous')
  }
}

/** A review of one or two sentences; some concede a point before they come to their verdict. */
export function writeReview(label: Sentiment, random: Random): string {
  const { is, felt, end, but } = words[label]
  const [s, i, f, e, b] = [pick(subjects, random), pick(is, random), pick(felt, random), pick(end, random), pick(but, random)]
  return pick(
    [
      `The ${s} was ${i}. I ${f} it.`,
      `The ${s} was ${i} and ${e}.`,
      `I ${f} the ${s}. ${capitalised(e)}.`,
      `What ${a(i)} ${s}. ${capitalised(e)}.`,
      `The ${s} was ${b}, but I ${f} it.`,
      `The ${s} was ${b}, but in the end it was ${i}.`
    ],
    random
  )
}

/** Words of a turned review: what is meant, and what is not. */
interface TurnedWords {
  readonly thing: string
  readonly is: string
  readonly felt: string
  readonly end: string
  readonly notIs: string
  readonly notFelt: string
}

const waysToTurn: readonly ((words: TurnedWords) => string)[] = [
  ({ thing, end, notIs }) => `The ${thing} was not ${notIs} at all. ${capitalised(end)}.`,
  ({ thing, notIs }) => `The ${thing} was anything but ${notIs}.`,
  ({ thing, felt, notIs }) => `They said that the ${thing} was ${notIs}, but I ${felt} it.`,
  ({ thing, is, notIs }) => `I had heard that the ${thing} was ${notIs}. It was ${is}.`,
  ({ thing, end, notIs }) => `I thought that it would be ${a(notIs)} ${thing}, but ${end}.`,
  ({ thing, notFelt }) => `Others ${notFelt} the ${thing}. They were wrong.`,
  ({ thing, felt, notFelt }) => `My brother ${notFelt} the ${thing}, and I ${felt} it.`,
  ({ thing, notIs }) => `Nobody could call the ${thing} ${notIs}.`
]
/** So many of the ways, from the end, are in no review to learn from. */
const waysHeldOut = 2

/** A review that has a word of the other feeling in it, and does not mean it. */
export function writeTurnedReview(label: Sentiment, random: Random, ways = waysToTurn): string {
  const meant = words[label]
  const other = words[label === 'positive' ? 'negative' : 'positive']
  const thing = pick(subjects, random)
  const [is, felt, end] = [pick(meant.is, random), pick(meant.felt, random), pick(meant.end, random)]
  const way = pick(ways, random)
  return way({ thing, is, felt, end, notIs: pick(other.is, random), notFelt: pick(other.felt, random) })
}

/** Different reviews, half of each label and half of them turned, in random order. */
function writeReviews(count: number, ways: typeof waysToTurn, random: Random, without: readonly Review[] = []): Review[] {
  const seen = new Set(without.map(({ text }) => text))
  const reviews: Review[] = []
  while (reviews.length < count) {
    const label = sentiments[reviews.length % 2]!
    const text = random.uniform() < 0.5 ? writeReview(label, random) : writeTurnedReview(label, random, ways)
    if (seen.has(text)) continue
    seen.add(text)
    reviews.push({ text, label })
  }
  return reviews
}

export interface SentimentData {
  readonly train: readonly Review[]
  /** None of them is among those to learn from, and some are turned in ways that none of those is. */
  readonly heldOut: readonly Review[]
}

/** The reviews of a seed. */
export function sentimentData(seed: number): SentimentData {
  const heldOut = writeReviews(400, waysToTurn, seededRandom(seed, 601))
  const train = writeReviews(1000, waysToTurn.slice(0, -waysHeldOut), seededRandom(seed, 602), heldOut)
  return { train, heldOut }
}
