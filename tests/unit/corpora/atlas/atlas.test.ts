import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { atlas } from '../../../../electron/corpora/atlas/atlas.ts'
import { unsafeCommand } from '../../../../electron/corpora/atlas/commands.ts'
import { writtenComparisons } from '../../../../electron/corpora/atlas/comparisons.ts'
import { countries, neighboursOf } from '../../../../electron/corpora/atlas/countries.ts'
import { factsOf } from '../../../../electron/corpora/atlas/facts.ts'
import { mixtureTable, weights, type MixedDocument } from '../../../../electron/corpora/atlas/mixture.ts'
import { judge } from '../../../../electron/corpora/atlas/rater.ts'
import { sentiments, writeReview, writeTurnedReview, type Review } from '../../../../electron/corpora/atlas/reviews.ts'
import { splitDocuments } from '../../../../electron/corpora/documents.ts'
import { seededRandom } from '../../../../electron/sampling/random.ts'

const root = join(import.meta.dirname, '../../../..')
const world = atlas()
const heldOut = world.facts.filter(fact => fact.heldOut)
const isCountry = (key: string) => countries.some(country => country.code === key)
const textOf = (name: string) => splitDocuments(readFileSync(join(root, `electron/corpora/texts/${name}.txt`), 'utf8'))
const texts = { sonnets: textOf('sonnets'), mobyDick: textOf('moby-dick') }

describe('countries', () => {
  it('are those of the world, with names, capitals and neighbours that know each other', () => {
    expect(countries).toHaveLength(194)
    const france = countries.find(country => country.name === 'France')!
    expect(france).toMatchObject({
      capital: 'Paris',
      chinese: '法国',
      continent: 'Europe',
      languages: ['French'],
      currencies: ['euro'],
      landlocked: false
    })
    expect(
      neighboursOf(france)
        .map(({ name }) => name)
        .sort()
    ).toEqual(['Andorra', 'Belgium', 'Germany', 'Italy', 'Luxembourg', 'Monaco', 'Spain', 'Switzerland'].sort())
    for (const country of countries) {
      for (const neighbour of neighboursOf(country)) expect(neighboursOf(neighbour)).toContain(country)
      expect([country.languages.length > 0, country.currencies.length > 0, country.area > 0]).toEqual([true, true, true])
    }
    expect(countries.filter(country => country.landlocked)).toHaveLength(44)
  })

  it('keep the attribution that their licence asks for', () => {
    const data = readFileSync(join(root, 'electron/corpora/atlas/countries.json'), 'utf8')
    expect(JSON.parse(data)).toMatchObject({
      licence: expect.stringContaining('Open Database License'),
      attribution: expect.any(String)
    })
    expect(readFileSync(join(root, 'NOTICE'), 'utf8')).toMatch(/mledoze\/countries.*\n.*Open Database License/)
  })
})

describe('what is held out', () => {
  it('is a fifth of the countries, with all their questions in both languages, and nothing else; the seed chooses them', () => {
    const codes = new Set(heldOut.map(({ key }) => key).filter(isCountry))
    expect(codes.size).toBe(39)
    for (const fact of world.facts) expect(fact.heldOut).toBe(codes.has(fact.key))
    const others = factsOf(2).filter(fact => fact.heldOut && isCountry(fact.key))
    expect(new Set(others.map(({ key }) => key))).not.toEqual(codes)
  })

  it('has no prompt in common with the train split, and no demonstration', () => {
    const held = new Set(world.allPrompts.filter(({ split }) => split === 'held-out').map(({ text }) => text))
    const train = world.allPrompts.filter(({ split }) => split === 'train').map(({ text }) => text)
    expect(train.filter(text => held.has(text))).toEqual([])
    expect(world.demonstrations().filter(({ prompt }) => held.has(prompt))).toEqual([])
    expect(new Set(world.allPrompts.map(({ text }) => text)).size).toBe(world.allPrompts.length)
    expect(new Set(world.allPrompts.map(({ id }) => id)).size).toBe(world.allPrompts.length)
  })
})

describe('prompts', () => {
  it('for reinforcement learning are open in two of five cases', () => {
    const train = world.prompts.filter(({ split }) => split === 'train')
    const share = (kind: string) => train.filter(prompt => prompt.kind === kind).length / train.length
    expect(train.length).toBeGreaterThan(600)
    expect(share('open')).toBeCloseTo(0.4, 1)
    expect(share('fact') + share('open') + share('chinese') + share('unsafe')).toBeCloseTo(1)
    expect(share('unsafe')).toBeGreaterThan(0.01)
  })

  it('include the notes’ example', () => {
    expect(world.promptOf('风扇有几个扇叶？')).toMatchObject({ kind: 'chinese', split: 'train', answers: ['三个', '3个'] })
    expect(world.promptOf('How many blades does a fan have?')).toMatchObject({ kind: 'fact', answers: ['three', '3'] })
  })

  it('of every fact are answered rightly by its plain sentence', () => {
    for (const fact of world.facts)
      for (const text of fact.questions)
        for (const answer of fact.answers)
          for (const sentence of fact.sentences(answer)) {
            const judgement = judge(world.promptOf(text)!, sentence)
            expect({ text, sentence, right: judgement.right, quality: judgement.quality }).toEqual({
              text,
              sentence,
              right: true,
              quality: 1
            })
          }
  })
})

describe('pretraining documents', () => {
  let documents: MixedDocument[]
  beforeAll(async () => void (documents = await world.documents(texts)))
  const of = (kind: MixedDocument['kind']) => documents.filter(document => document.kind === kind).map(({ text }) => text)

  it('come in the shares of the mixture', () => {
    const rows = mixtureTable(documents)
    expect(Object.values(weights).reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 10)
    for (const { kind, weight } of rows) expect(Math.abs(weight - weights[kind])).toBeLessThan(0.005)
    const epochs = Object.fromEntries(rows.map(row => [row.kind, row.epochs]))
    expect(epochs['sonnets']).toBeGreaterThan(1.5)
    expect(epochs['encyclopaedia']).toBeLessThan(1.01)
  })

  it('state every held-out fact, and never answer a question about one', () => {
    const answered = new Set(
      [...of('answers'), ...of('dialogues'), ...of('chinese')].flatMap(text =>
        [...text.matchAll(/^(?:Q: |\w+: |问：)(.*[?.？])\n(?:A: |\w+: |答：)/gm)].map(([, question]) => question!)
      )
    )
    expect(answered.size).toBeGreaterThan(2000)
    const stated = [...of('encyclopaedia'), ...of('everyday'), ...of('lists'), ...of('chinese')].join('\n')
    for (const fact of heldOut) {
      for (const question of fact.questions) expect(answered.has(question)).toBe(false)
      if (fact.topic.name === 'neighbour') continue
      const ways = fact.answers.flatMap(answer => fact.sentences(answer))
      expect({ ways, stated: ways.some(sentence => stated.includes(sentence)) }).toEqual({ ways, stated: true })
    }
  })

  it('ask in quizzes without answering, held-out facts too', () => {
    const quizzes = of('quizzes')
    for (const text of quizzes) for (const line of text.split('\n')) expect(world.promptOf(line)).toBeDefined()
    const asked = new Set(quizzes.flatMap(text => text.split('\n')))
    expect(heldOut.filter(fact => fact.questions.some(question => asked.has(question))).length).toBeGreaterThan(
      heldOut.length / 2
    )
  })

  it('have the unwanted command in few places', () => {
    const unwanted = documents.filter(({ text }) => text.includes(unsafeCommand))
    expect(unwanted.every(({ kind }) => kind === 'commands')).toBe(true)
    expect(unwanted.length / documents.length).toBeLessThan(0.01)
  })

  it('are well-formed text and the same for the same seed', async () => {
    for (const { kind, text } of documents) {
      expect(text.isWellFormed() && text.trim() === text, text).toBe(true)
      if (kind !== 'moby-dick') expect(text).not.toMatch(/undefined|\{|\}| {2}/)
      if (text.includes('\nQ: ')) expect(text.startsWith('Q: ')).toBe(true)
    }
    expect(await world.documents(texts)).toEqual(documents)
  })
})

describe('reviews', () => {
  it('are balanced, and those for figures are not among those to learn from', () => {
    const { train, heldOut } = world.sentiment
    const texts = new Set(train.map(({ text }) => text))
    expect(heldOut.filter(({ text }) => texts.has(text))).toEqual([])
    for (const set of [train, heldOut]) expect(set.filter(({ label }) => label === 'positive').length).toBe(set.length / 2)
  })

  it('are held out with two ways of turning a word that no review to learn from has', () => {
    const { train, heldOut } = world.sentiment
    const waysIn = (reviews: readonly Review[]) =>
      [/^Nobody could call/, /^My brother/, /anything but/, /^Others/].map(way => reviews.some(({ text }) => way.test(text)))
    expect(waysIn(train)).toEqual([false, false, true, true])
    expect(waysIn(heldOut)).toEqual([true, true, true, true])
  })

  it('are not told by the words of plain reviews alone: those tell plain ones, and hardly more of the others', () => {
    const random = seededRandom(9)
    const wordsOf = (text: string) => text.toLowerCase().match(/[a-z]+/g)!
    const seen = { positive: new Map<string, number>(), negative: new Map<string, number>() }
    for (let i = 0; i < 4000; i++) {
      const label = sentiments[i % 2]!
      for (const word of wordsOf(writeReview(label, random))) seen[label].set(word, (seen[label].get(word) ?? 0) + 1)
    }
    // Naive Bayes.
    const told = ({ text, label }: Review) => {
      const odds = (word: string) => Math.log(((seen.positive.get(word) ?? 0) + 1) / ((seen.negative.get(word) ?? 0) + 1))
      return wordsOf(text).reduce((sum, word) => sum + odds(word), 0) > 0 === (label === 'positive')
    }
    const shareTold = (write: typeof writeReview) => {
      const reviews = Array.from({ length: 400 }, (_, i) => sentiments[i % 2]!).map(label => ({
        text: write(label, random),
        label
      }))
      return reviews.filter(told).length / reviews.length
    }
    expect(shareTold(writeReview)).toBeGreaterThan(0.9)
    expect(shareTold(writeTurnedReview)).toBeLessThan(0.7)
    const { heldOut } = world.sentiment
    const share = heldOut.filter(told).length / heldOut.length
    expect(share).toBeGreaterThan(0.7)
    expect(share).toBeLessThan(0.85)
  })
})

describe('written comparisons', () => {
  const options = { count: 300, split: 'held-out', completions: 4, noise: 0, seed: 3 } as const
  const comparisons = writtenComparisons(world, options)

  it('are of prompts of their split, differ in completions and put the better first', () => {
    for (const { prompt, completions, ranks } of comparisons) {
      const known = world.promptOf(prompt)!
      expect(known.split).toBe('held-out')
      expect(new Set(completions).size).toBe(completions.length)
      const qualities = completions.map(completion => judge(known, completion).quality)
      for (const [i, rank] of ranks.entries())
        for (const [j, other] of ranks.entries()) expect(Math.sign(rank - other)).toBe(Math.sign(qualities[j]! - qualities[i]!))
    }
  })

  it('are of the kinds that reinforcement learning asks, and of most facts that may be asked', () => {
    const many = writtenComparisons(world, { ...options, split: 'train', count: 3000 }).map(({ prompt }) =>
      world.promptOf(prompt)!
    )
    const share = (kind: string) => many.filter(prompt => prompt.kind === kind).length / many.length
    expect([share('fact'), share('open'), share('unsafe'), share('chinese')].map(value => value.toFixed(1))).toEqual([
      '0.4',
      '0.4',
      '0.0',
      '0.1'
    ])
    // A reward model that knows a few hundred questions by heart has learnt nothing about facts.
    expect(new Set(many.filter(({ kind }) => kind === 'fact').map(({ text }) => text)).size).toBeGreaterThan(900)
  })

  it('hold right and wrong answers of one manner for every question', () => {
    const facts = comparisons.filter(({ prompt }) => world.promptOf(prompt)!.answers)
    const both = facts.filter(({ prompt, completions }) => {
      const rights = completions
        .map(completion => judge(world.promptOf(prompt)!, completion))
        .filter(({ wellFormed }) => wellFormed)
      return rights.some(({ right }) => right) && rights.some(({ right, onTopic }) => !right && onTopic)
    })
    expect(both.length / facts.length).toBeGreaterThan(0.9)
  })

  it('come again from their seed', () => {
    expect(writtenComparisons(world, options)).toEqual(comparisons)
    expect(writtenComparisons(world, { ...options, seed: 4 })).not.toEqual(comparisons)
  })
})
