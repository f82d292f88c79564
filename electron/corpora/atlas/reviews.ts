/** Short reviews with a clear feeling: for pretraining, for classification and for few-shot prompts. */
import { seededRandom, type Random } from '../../sampling/random.ts'
import { a, capitalised, pick } from './choosing.ts'

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

/** Different reviews, half of each label, in random order. */
export function writeReviews(count: number, seed: number, stream: number, without: ReadonlySet<string> = new Set()): Review[] {
  const random = seededRandom(seed, stream)
  const seen = new Set(without)
  const reviews: Review[] = []
  while (reviews.length < count) {
    const label = sentiments[reviews.length % 2]!
    const text = writeReview(label, random)
    if (seen.has(text)) continue
    seen.add(text)
    reviews.push({ text, label })
  }
  return reviews
}
