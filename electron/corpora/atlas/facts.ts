/** What Atlas knows: facts, how they are asked for and how they are said, in English and in Chinese. */
import { seededRandom } from '../../sampling/random.ts'
import { a, capitalised } from './wording.ts'
import { sample } from '../../sampling/choices.ts'
import { continents, countries, neighboursOf, type Continent, type Country } from './countries.ts'
import { blades, chineseNumber, chineseOpposites, colourNames, colours, legs, numberWord, opposites, wheels } from './tables.ts'
import type { Counted } from './tables.ts'

export type Language = 'english' | 'chinese'

/** A kind of fact. */
export interface Topic {
  readonly name: string
  readonly language: Language
  /** Everything that answers some question of the topic: what a wrong answer would say. */
  readonly rivals: readonly string[]
}

/** One fact. Subject and answers are as they stand within a sentence. */
export interface Fact {
  readonly topic: Topic
  /** Unique among the topic's. */
  readonly key: string
  readonly subject: string
  readonly questions: readonly string[]
  /** Right answers, the usual ones; `accepted` are other names for them. */
  readonly answers: readonly string[]
  readonly accepted: readonly string[]
  /** Whole sentences that say it; the first is the plain answer to the questions. */
  sentences(answer: string): readonly string[]
  /** Never asked and answered in what the models learn from, though stated in the pretraining documents. */
  readonly heldOut: boolean
}

/** A short answer: a word or a few, as a sentence of its own. */
export function shortAnswer({ topic }: Fact, answer: string): string {
  return topic.language === 'chinese' ? `${answer}。` : `${capitalised(answer)}.`
}

interface Draft {
  readonly key: string
  readonly subject: string
  readonly answers: readonly string[]
  readonly accepted?: readonly string[]
}

interface Form {
  readonly name: string
  readonly language?: Language
  /** `{s}` stands for the subject. */
  readonly questions: readonly string[]
  /** `{s}` and `{a}`, the answer. */
  readonly sentences: readonly string[] | ((answer: string) => readonly string[])
  /** What a wrong answer would say, besides the answers of the other facts. */
  readonly rivals?: readonly string[]
}

const fill = (template: string, subject: string, answer = ''): string =>
  capitalised(template.replaceAll('{s}', subject).replaceAll('{a}', answer))

function topicFacts(form: Form, drafts: readonly Draft[], isHeldOut: (key: string) => boolean): Fact[] {
  const answers = drafts.flatMap(draft => [...draft.answers, ...(draft.accepted ?? [])])
  const topic: Topic = {
    name: form.name,
    language: form.language ?? 'english',
    rivals: [...new Set([...answers, ...(form.rivals ?? [])])]
  }
  const { sentences } = form
  return drafts.map(({ key, subject, answers, accepted = [] }) => ({
    topic,
    key,
    subject,
    questions: form.questions.map(question => fill(question, subject)),
    answers,
    accepted,
    sentences: answer =>
      (typeof sentences === 'function' ? sentences(answer) : sentences).map(text => fill(text, subject, answer)),
    heldOut: isHeldOut(key)
  }))
}

/** Share of the countries whose questions are never answered. */
const heldOutShare = 0.2

function heldOutCountries(seed: number): ReadonlySet<string> {
  const codes = countries.map(country => country.code)
  return new Set(sample(codes, Math.round(codes.length * heldOutShare), seededRandom(seed, 1)))
}

/** Countries on two continents, with the one that `countries.json` does not name. */
const otherContinent: Readonly<Record<string, Continent>> = {
  RUS: 'Asia',
  TUR: 'Europe',
  GEO: 'Europe',
  AZE: 'Europe',
  KAZ: 'Europe',
  EGY: 'Asia'
}
const otherContinentsOf = ({ code }: Country): Continent[] => (otherContinent[code] ? [otherContinent[code]] : [])

/** Characters of the Chinese names that are used, at most: each costs a small vocabulary two or three tokens. */
const shortName = 2

const digits = Array.from({ length: 101 }, (_, i) => String(i))

/** All facts of Atlas; the seed chooses what is held out. */
export function factsOf(seed: number): Fact[] {
  const heldOut = heldOutCountries(seed)
  const ofCountries = (form: Form, draft: (country: Country) => Omit<Draft, 'key' | 'subject'>, chinese = false): Fact[] =>
    topicFacts(
      { ...form, language: chinese ? 'chinese' : 'english' },
      countries
        .filter(country => !chinese || [...country.chinese].length <= shortName)
        .map(country => ({
          key: country.code,
          subject: chinese ? country.chinese : country.called,
          ...draft(country)
        }))
        .filter(({ subject, answers }) => answers.length > 0 && !answers.includes(subject)),
      key => heldOut.has(key)
    )
  const ofTable = (form: Form, drafts: readonly Draft[]): Fact[] => topicFacts(form, drafts, () => false)

  return [
    ...ofCountries(
      {
        name: 'capital',
        questions: ['What is the capital of {s}?', 'Which city is the capital of {s}?', 'Name the capital of {s}.'],
        sentences: ['The capital of {s} is {a}.', '{a} is the capital of {s}.']
      },
      ({ capital }) => ({ answers: [capital] })
    ),
    ...ofCountries(
      {
        name: 'continent',
        questions: ['Which continent is {s} in?', 'On which continent is {s}?', 'Where is {s}?'],
        sentences: ['{s} is in {a}.', '{s} is a country in {a}.'],
        rivals: Object.keys(continents)
      },
      country => ({ answers: [country.continent], accepted: otherContinentsOf(country) })
    ),
    ...ofCountries(
      {
        name: 'language',
        questions: ['Which language is spoken in {s}?', 'What language do people speak in {s}?', 'What do people speak in {s}?'],
        sentences: ['People in {s} speak {a}.', 'The people of {s} speak {a}.']
      },
      ({ languages }) => ({ answers: languages.slice(0, 1), accepted: languages.slice(1) })
    ),
    ...ofCountries(
      {
        name: 'currency',
        questions: ['What is the currency of {s}?', 'Which currency is used in {s}?', 'What do people pay with in {s}?'],
        sentences: ['The currency of {s} is the {a}.', 'People in {s} pay with the {a}.']
      },
      ({ currencies }) => ({ answers: currencies.slice(0, 1), accepted: currencies.slice(1) })
    ),
    ...ofCountries(
      {
        name: 'neighbour',
        questions: ['Name a neighbour of {s}.', 'Which country is a neighbour of {s}?', 'Which country borders {s}?'],
        sentences: ['{s} borders {a}.', '{a} is a neighbour of {s}.'],
        rivals: countries.map(country => country.name)
      },
      country => ({ answers: neighboursOf(country).map(({ called }) => called) })
    ),
    ...ofCountries(
      {
        name: 'coast',
        questions: ['Does {s} have a coast?', 'Does {s} lie on the sea?'],
        sentences: answer => [answer === 'yes' ? '{s} has a coast.' : '{s} has no coast.'],
        rivals: ['yes', 'no']
      },
      ({ landlocked }) => ({
        answers: [landlocked ? 'no' : 'yes'],
        accepted: [landlocked ? 'has no coast' : 'has a coast']
      })
    ),
    ...countedFacts(ofTable),
    ...ofTable(
      {
        name: 'colour',
        questions: ['What colour is {s}?', 'Which colour does {s} have?'],
        sentences: ['{s} is {a}.', 'The colour of {s} is {a}.'],
        rivals: Object.keys(colourNames)
      },
      colours.map(({ thing, colour }) => ({ key: thing, subject: thing, answers: [colour] }))
    ),
    ...ofTable(
      {
        name: 'opposite',
        questions: ['What is the opposite of {s}?', 'Which word is the opposite of {s}?'],
        sentences: ['The opposite of {s} is {a}.', '{a} is the opposite of {s}.']
      },
      opposites.flatMap(([one, other]) => [
        { key: one, subject: one, answers: [other] },
        { key: other, subject: other, answers: [one] }
      ])
    ),
    ...ofTable(
      {
        name: 'sum',
        questions: ['What is {s}?', 'How much is {s}?'],
        sentences: ['{s} is {a}.', '{s} makes {a}.'],
        rivals: digits
      },
      sums().map(([x, y]) => ({ key: `${x}+${y}`, subject: `${x} plus ${y}`, answers: [String(x + y)] }))
    ),
    ...ofCountries(
      {
        name: 'continent-chinese',
        questions: ['{s}在哪个洲？', '{s}属于哪个洲？'],
        sentences: ['{s}在{a}。', '{s}是{a}的一个国家。'],
        rivals: Object.values(continents)
      },
      country => ({
        answers: [continents[country.continent]],
        accepted: otherContinentsOf(country).map(continent => continents[continent])
      }),
      true
    ),
    ...ofCountries(
      {
        name: 'english-name',
        questions: ['{s}的英文名是什么？', '{s}用英文怎么说？'],
        sentences: ['{s}的英文名是 {a}。', '{s}用英文说是 {a}。']
      },
      ({ name }) => ({ answers: [name] }),
      true
    ),
    ...ofCountries(
      {
        name: 'capital-chinese',
        questions: ['{s}的首都是哪里？', '{s}的首都是什么？'],
        sentences: ['{s}的首都是 {a}。', '{a} 是{s}的首都。']
      },
      ({ capital }) => ({ answers: [capital] }),
      true
    ),
    ...ofTable(
      {
        name: 'colour-chinese',
        language: 'chinese',
        questions: ['{s}是什么颜色？', '{s}是什么颜色的？'],
        sentences: ['{s}是{a}的。', '{s}的颜色是{a}。'],
        rivals: Object.values(colourNames)
      },
      colours.map(({ thing, chinese, colour }) => ({ key: thing, subject: chinese, answers: [colourNames[colour]] }))
    ),
    ...ofTable(
      {
        name: 'opposite-chinese',
        language: 'chinese',
        questions: ['“{s}”的反义词是什么？', '什么是“{s}”的反义词？'],
        sentences: ['“{s}”的反义词是“{a}”。', '“{a}”是“{s}”的反义词。']
      },
      chineseOpposites.flatMap(([one, other]) => [
        { key: one, subject: one, answers: [other] },
        { key: other, subject: other, answers: [one] }
      ])
    )
  ]
}

/** How many wheels, legs and blades, in both languages. */
function countedFacts(ofTable: (form: Form, drafts: readonly Draft[]) => Fact[]): Fact[] {
  const kinds: readonly (readonly [part: string, chinese: string, measure: string, table: readonly Counted[]])[] = [
    ['wheels', '轮子', '个', wheels],
    ['legs', '腿', '条', legs],
    ['blades', '扇叶', '个', blades]
  ]
  const numbers = Array.from({ length: 11 }, (_, i) => i)
  return kinds.flatMap(([part, chinese, measure, table]) => [
    ...ofTable(
      {
        name: part,
        questions: [`How many ${part} does {s} have?`, `How many ${part} are on {s}?`],
        sentences: answer => {
          const counted = answer === 'one' ? `one ${part.slice(0, -1)}` : `${answer} ${part}`
          return [`{s} has ${counted}.`, `There ${answer === 'one' ? 'is' : 'are'} ${counted} on {s}.`]
        },
        rivals: [...numbers.map(numberWord), ...numbers.map(String)]
      },
      table.map(({ thing, count }) => ({
        key: thing,
        subject: a(thing),
        answers: [numberWord(count)],
        accepted: [String(count)]
      }))
    ),
    ...ofTable(
      {
        name: `${part}-chinese`,
        language: 'chinese',
        questions: [`{s}有几${measure}${chinese}？`, `{s}有多少${measure}${chinese}？`],
        sentences: [`{s}有{a}${chinese}。`, `{s}一共有{a}${chinese}。`],
        rivals: numbers.flatMap(count => [`${chineseNumber(count)}${measure}`, `${count}${measure}`])
      },
      table.map(({ thing, chinese: name, count }) => ({
        key: thing,
        subject: name,
        answers: [`${chineseNumber(count)}${measure}`],
        accepted: [`${count}${measure}`]
      }))
    )
  ])
}

/** Pairs to add: all small ones, tens with tens, tens with ones; sums up to 100. */
function sums(): [number, number][] {
  const small = Array.from({ length: 10 }, (_, i) => i + 1)
  const tens = small.map(i => i * 10)
  const pairs = (left: number[], right: number[]) => left.flatMap(x => right.map(y => [x, y] as [number, number]))
  return [...pairs(small, small), ...pairs(tens, tens), ...pairs(tens.slice(1), small.slice(0, 9))].filter(
    ([x, y], i, all) => x + y <= 100 && all.findIndex(([p, q]) => p === x && q === y) === i
  )
}
