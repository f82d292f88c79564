/**
 * The writers of the demonstrations. They differ in manner, not in their facts, so that comparisons have something to
 * prefer: brief, full sentence, wordy, impolite, and off the point.
 */
import type { Random } from '../../sampling/random.ts'
import { pick } from '../../sampling/choices.ts'
import type { Language } from './facts.ts'

export type Writer = 'brief' | 'plain' | 'wordy' | 'impolite' | 'astray'

/** Shares of the writers of answers to facts and open prompts. */
export const writers: readonly { readonly writer: Writer; readonly weight: number }[] = [
  { writer: 'brief', weight: 0.25 },
  { writer: 'plain', weight: 0.38 },
  { writer: 'wordy', weight: 0.2 },
  { writer: 'impolite', weight: 0.14 },
  { writer: 'astray', weight: 0.03 }
]

/** An answer in both of its lengths. */
export interface Answer {
  readonly sentence: string
  readonly short: string
}

interface Manners {
  /** `{a}` stands for the whole sentence, `{b}` for the short answer. */
  readonly wordy: readonly string[]
  readonly impolite: readonly string[]
  readonly astray: readonly string[]
}

const manners: Record<Language, Manners> = {
  english: {
    wordy: [
      'I like your question. Let me think about it for a moment. {a} I hope that this helps you.',
      'Thank you for your question. Many people ask me this. {a} Please ask me again if you want to know more.',
      'I am glad to tell you what I know. {a} That is all I know about it today.',
      'Let me see. I have read about this before. {a} I am quite sure of it.'
    ],
    impolite: [
      'Everyone knows that. {a}',
      'What a silly question. {b}',
      'Do not waste my time. {a}',
      'You should know that. {b}',
      'Go and ask somebody else next time. {a}'
    ],
    astray: [
      'That is an interesting question.',
      'I like to hear such questions.',
      'You can find that in a book.',
      'There are many things to know in the world.',
      'The weather is very nice today.'
    ]
  },
  chinese: {
    // No character of an opposite stands here: it would be taken for an answer.
    wordy: ['我喜欢这个问题。让我想一想。{a}希望对你有帮助。', '谢谢你的问题。常有人问我这个。{a}我知道的就是这些。'],
    impolite: ['谁都知道。{a}', '这也要问？{b}', '别浪费我的时间。{a}'],
    astray: ['这个问题有意思。', '你可以在书里找到。', '今天是晴天。']
  }
}

/** An answer as a writer puts it. */
export function inTheMannerOf(writer: Writer, { sentence, short }: Answer, language: Language, random: Random): string {
  if (writer === 'brief') return short
  if (writer === 'plain') return sentence
  return pick(manners[language][writer], random).replace('{a}', sentence).replace('{b}', short)
}

/** What only an impolite writer says. */
export const rudeness: readonly string[] = Object.values(manners).flatMap(({ impolite }) =>
  impolite.map(text => text.replace(/\{[ab]\}/, '').trim())
)

/** What surrounds an answer: every frame of every manner. */
export const frames: readonly { readonly language: Language; readonly text: string }[] = (
  Object.entries(manners) as [Language, Manners][]
).flatMap(([language, { wordy, impolite, astray }]) => [...wordy, ...impolite, ...astray].map(text => ({ language, text })))
