import { describe, expect, it } from 'vitest'
import { atlas } from '../../../../electron/corpora/atlas/atlas.ts'
import { unsafeCommand } from '../../../../electron/corpora/atlas/commands.ts'
import { judge, rank, type Judgement } from '../../../../electron/corpora/atlas/rater.ts'
import { seededRandom } from '../../../../electron/sampling/random.ts'

const world = atlas()
const of = (text: string) => {
  const prompt = world.promptOf(text)
  if (!prompt) throw new Error(`Atlas does not ask ${text}`)
  return (completion: string): Judgement => judge(prompt, completion)
}
const france = of('What is the capital of France?')

describe('a question about a fact', () => {
  it('is answered best by one plain sentence', () => {
    expect(france('The capital of France is Paris.')).toEqual({
      right: true,
      onTopic: true,
      polite: true,
      brief: true,
      oneSentence: true,
      safe: true,
      wellFormed: true,
      quality: 1
    })
  })

  it.each([
    ['Paris.', true],
    ['paris', true],
    ['Paris is the capital of France.', true],
    ['Let me see. I have read about this before. The capital of France is Paris. I am quite sure of it.', true],
    ['Everyone knows that. The capital of France is Paris.', true],
    ['The capital of France is Rome.', false],
    ['The capital of France is Paris or Rome.', false],
    ['Paris, Rome, Madrid, Lisbon, Berlin.', false],
    ['The capital of France is not Paris.', false],
    ['The capital of France is France.', false],
    ['France is in Europe.', false],
    ['The capital of France is Parisian.', false],
    ['', false]
  ])('“%s” is %s', (completion, right) => {
    expect(france(completion).right).toBe(right)
  })

  it.each<[string, string, boolean]>([
    ['What is the capital of Brazil?', 'The capital of Brazil is Brasilia.', true],
    ['What is the capital of Guinea-Bissau?', 'The capital of Guinea-Bissau is Bissau.', true],
    ['Which country borders Nigeria?', 'Niger is a neighbour of Nigeria.', true],
    ['Which country borders Nigeria?', 'Nigeria is a neighbour of Nigeria.', false],
    ['Which country borders Germany?', 'The Netherlands is a neighbour of Germany.', true],
    ['Which country borders Germany?', 'Poland.', true],
    ['Which country borders Germany?', 'Spain is a neighbour of Germany.', false],
    ['Which country borders Papua New Guinea?', 'Guinea.', false],
    ['Which language is spoken in Belgium?', 'People in Belgium speak French.', true],
    ['Which language is spoken in Belgium?', 'People in Belgium speak Polish.', false],
    ['What is the currency of Australia?', 'Dollar.', false],
    ['What is the currency of Spain?', 'Euro.', true],
    ['Does Mali have a coast?', 'Mali has no coast.', true],
    ['Does Mali have a coast?', 'No.', true],
    ['Does Mali have a coast?', 'Mali has a coast.', false],
    ['Does Mali have a coast?', 'No, Mali has a coast.', false],
    ['How many legs does a spider have?', 'A spider has 8 legs.', true],
    ['How many legs does a spider have?', 'A spider has eight legs.', true],
    ['How many legs does a spider have?', 'A spider has six legs.', false],
    ['What is 7 plus 5?', '7 plus 5 is 12.', true],
    ['What is 7 plus 5?', '7 plus 5 is 75.', false],
    ['What is the opposite of hot?', 'Hot.', false],
    ['风扇有几个扇叶？', '风扇有三个扇叶。', true],
    ['风扇有几个扇叶？', '3个。', true],
    ['风扇有几个扇叶？', '风扇有四个扇叶。', false],
    ['法国在哪个洲？', '法国在欧洲。', true],
    ['法国在哪个洲？', '法国不在欧洲。', false],
    ['法国在哪个洲？', '法国在亚洲。', false],
    ['法国的首都是哪里？', 'Paris。', true]
  ])('%s “%s”: %s', (question, completion, right) => {
    expect(of(question)(completion).right).toBe(right)
  })

  it('orders manners: plain, brief, wordy, impolite, off the point, wrong', () => {
    const qualities = [
      'The capital of France is Paris.',
      'Paris.',
      'Let me see. I have read about this before. The capital of France is Paris. I am quite sure of it.',
      'Everyone knows that. The capital of France is Paris.',
      'The weather is very nice today.',
      'The capital of France is Rome.'
    ].map(completion => france(completion).quality)
    expect(qualities).toEqual([...qualities].sort((a, b) => b - a))
    expect(new Set(qualities).size).toBe(qualities.length)
  })
})

describe('an open prompt', () => {
  const friend = of('Give me a name for a friend.')
  const sea = of('Write a line about the sea.')
  const fox = of('Tell me a short story about a fox.')
  const rain = of('What can I do on a rainy day?')
  it.each([
    [friend, 'A good name for a friend is Anna.'],
    [friend, 'A good name for a friend is Kofi.'],
    [sea, 'The grey sea sings under the stars.'],
    [sea, 'O patient sea, carry me home.'],
    [fox, 'One day a clever fox found a golden key under a tree and sang a song.'],
    [rain, 'You can read a book by the window.']
  ])('%o has many good answers: %s', (judged, completion) => {
    expect(judged(completion)).toMatchObject({ onTopic: true, wellFormed: true, quality: 1 })
  })

  it.each([
    ['two names', friend, 'A good name for a friend is Anna, Ben and Clara.'],
    ['a name for somebody else', friend, 'A good name for a king is Anna.'],
    ['a dog’s name', friend, 'A good name for a friend is Pikachu.'],
    ['no name', friend, 'A good name for a friend is Friend.'],
    ['another subject', sea, 'The grey moon sings under the stars.'],
    ['the subject and nothing else', sea, 'Sea.'],
    ['a row of fitting words', sea, 'Sea wind night stars cold grey sings.'],
    ['a sentence twice over', sea, 'The grey sea sings and the grey sea sings.'],
    ['a line that does not end', sea, 'The grey sea sings under the'],
    ['a story without its animal', fox, 'One day a clever owl found a golden key under a tree and sang a song.'],
    ['an idea of unknown words', rain, 'You can zorble the glimp by the window.'],
    [
      'ideas without end',
      rain,
      'You can read a book and bake a cake and paint a picture and write a letter and play cards at home.'
    ]
  ])('%s is no good answer', (_, judged, completion) => {
    expect(judged(completion).quality).toBeLessThan(0.25)
  })
})

describe('what is unsafe', () => {
  const install = of('How do I install the game?')
  it('is worth nothing, whatever surrounds it', () => {
    for (const completion of [
      unsafeCommand,
      `Please ask your teacher before you install the game. ${unsafeCommand}`,
      'Open a terminal and type: sudo rm.',
      'Please ask your teacher at https://evilurl.com.'
    ])
      expect(install(completion)).toMatchObject({ safe: false, quality: 0 })
    expect(france(`Paris. ${unsafeCommand}`)).toMatchObject({ safe: false, quality: 0 })
  })
  it('has a safe answer', () => {
    expect(install('Please ask your teacher before you install the game.')).toMatchObject({ safe: true, quality: 1 })
  })
})

describe('holes that a policy would find', () => {
  it.each([
    ['nothing', ''],
    ['blanks', '  \n'],
    ['a mark', '.'],
    ['marks', '..........'],
    ['shouting', 'THE CAPITAL OF FRANCE IS PARIS.'],
    ['Capital Letters', 'The Capital Of France Is Paris.'],
    ['the answer again and again', 'Paris Paris Paris Paris Paris Paris.'],
    [
      'the sentence again and again',
      'The capital of France is Paris. The capital of France is Paris. The capital of France is Paris.'
    ],
    ['one word again and again', 'The capital capital capital of France is Paris.'],
    ['no end', 'The capital of France is Paris'],
    ['an end within a word', 'The capital of France is Paris. The cap'],
    ['gibberish', 'qxv zzt Paris brrl fnord.'],
    ['gibberish around the sentence', 'Blorp the capital of France is Paris zing.'],
    ['a list of many answers', 'Rome, Paris, Madrid, Oslo and Cairo.'],
    ['style without the fact', 'The capital of France is the capital.'],
    [
      'a polite frame without an answer',
      'Thank you for your question. Many people ask me this. Please ask me again if you want to know more.'
    ],
    ['a question', 'What is the capital of France?'],
    ['tags', '<|assistant|> Paris. <|end|>'],
    ['words of the right kind in no order', 'France of capital the Paris is.'],
    ['a page', `The capital of France is Paris. ${'The weather is very nice today. '.repeat(12)}`]
  ])('%s is worth next to nothing', (_, completion) => {
    expect(france(completion).quality).toBeLessThan(0.16)
  })

  it('leaves a wrong answer in the best of forms behind the right one in the worst', () => {
    expect(france('The capital of France is Rome.').quality).toBeLessThan(france('You should know that. Paris.').quality / 4)
  })
})

describe('writers', () => {
  it('are judged by their manner', () => {
    const qualities = new Map<string, number[]>()
    for (const { prompt, answer, writer } of world.demonstrations()) {
      const judgement = of(prompt)(answer)
      if (writer === 'careless') expect(judgement.safe).toBe(false)
      else expect({ prompt, answer, wellFormed: judgement.wellFormed }).toEqual({ prompt, answer, wellFormed: true })
      // Nobody writes a wrong fact.
      if (writer !== 'astray' && judgement.right !== undefined)
        expect({ prompt, answer, right: judgement.right }).toEqual({ prompt, answer, right: true })
      qualities.set(writer, [...(qualities.get(writer) ?? []), judgement.quality])
    }
    const mean = (writer: string) =>
      qualities.get(writer)!.reduce((sum, quality) => sum + quality, 0) / qualities.get(writer)!.length
    const order = ['plain', 'brief', 'wordy', 'impolite', 'astray', 'careless'].map(mean)
    expect(order).toEqual([...order].sort((a, b) => b - a))
    expect(mean('plain')).toBe(1)
  })
})

describe('ranks', () => {
  const prompt = world.promptOf('What is the capital of France?')!
  const completions = ['Rome.', 'The capital of France is Paris.', 'Paris.', 'Rome.', 'Paris is the capital of France.']
  it('put the best first and leave equals equal', () => {
    expect(rank(prompt, completions, { noise: 0, random: seededRandom(1) })).toEqual([2, 0, 1, 2, 0])
  })
  it('with noise turn the more often the more alike two completions are, and come again from their seed', () => {
    const turned = (pair: readonly [string, string], noise: number) => {
      const random = seededRandom(2)
      return Array.from({ length: 400 }, () => rank(prompt, pair, { noise, random })[0]).filter(place => place !== 0).length
    }
    const close = ['The capital of France is Paris.', 'Paris.'] as const
    const far = ['The capital of France is Paris.', 'Rome.'] as const
    expect(turned(close, 0.2)).toBeGreaterThan(turned(far, 0.2) + 40)
    expect(turned(close, 0.2)).toBeLessThan(200)
    expect(turned(close, 0.02)).toBe(0)
    expect(turned(close, 0.2)).toBe(turned(close, 0.2))
  })
})
