/** Writes the pretraining documents of Atlas: one function a kind. */
import type { Random } from '../../sampling/random.ts'
import { capitalised, grouped, joined } from './wording.ts'
import { pick, pickWeighted, sample, shuffled } from '../../sampling/choices.ts'
import { commandLeads, programs, unsafeCommand, unsafeQuestions } from './commands.ts'
import { continents, countries, largestOf, neighboursOf, type Continent, type Country } from './countries.ts'
import { shortAnswer, type Fact, type Language } from './facts.ts'
import { openQuestion, openTopics } from './open-topics.ts'
import { sentiments, writeReview } from './reviews.ts'
import { firstNames, pokemon } from './tables.ts'

/** Share of the review pages that name the feelings: the open network has few labels. */
const labelledReviews = 0.04

export class Pages {
  /** Facts about countries by topic. */
  readonly #properties: Record<Language, readonly (readonly Fact[])[]>
  /** All other facts by topic. */
  readonly #everyday: Record<Language, readonly (readonly Fact[])[]>
  /** Facts about countries by country. */
  readonly #country: Record<Language, ReadonlyMap<string, readonly Fact[]>>

  constructor(
    readonly facts: readonly Fact[],
    readonly random: Random
  ) {
    const codes = new Set(countries.map(country => country.code))
    const topics = [...grouped(facts, fact => fact.topic.name).values()]
    const groups = (language: Language, ofCountries: boolean) =>
      topics.filter(([first]) => first!.topic.language === language && codes.has(first!.key) === ofCountries)
    this.#properties = { english: groups('english', true), chinese: groups('chinese', true) }
    this.#everyday = { english: groups('english', false), chinese: groups('chinese', false) }
    const byCountry = (language: Language) => grouped(this.#properties[language].flat(), fact => fact.key)
    this.#country = { english: byCountry('english'), chinese: byCountry('chinese') }
  }

  /** A paragraph about a country, in sentences of changing order and form. */
  encyclopaedia(): string {
    const country = pick(countries, this.random)
    const facts = this.#country.english.get(country.code)!.filter(({ topic }) => topic.name !== 'neighbour')
    const continent = facts.find(({ topic }) => topic.name === 'continent')!
    const sentences = shuffled(facts, this.random).map(fact =>
      this.random.uniform() < 0.4 ? aside(fact) : this.#statement(fact)
    )
    if (country.neighbours.length > 0) sentences.push(this.#borders(country))
    // A pronoun needs a country that was named.
    if (!/^Its? /.test(sentences[0]!)) return sentences.join(' ')
    const opening = `${capitalised(country.called)} is a country in ${country.continent}.`
    return [opening, ...sentences.filter(sentence => !continent.sentences(country.continent).includes(sentence))].join(' ')
  }

  /** Sentences that say one kind of fact of several things, or several kinds. */
  everyday(): string {
    return this.#statements(this.#everyday.english).join(' ')
  }

  /** Countries with one of their properties, a row each; countries of a continent; the largest ones. */
  list(): string {
    const properties = {
      capital: 'Capitals',
      continent: 'Continents',
      language: 'Languages',
      currency: 'Currencies'
    } as const
    const kind = pick(
      [
        ...Object.keys(properties),
        'sentences',
        'sentences',
        'sentences',
        'neighbours',
        'neighbours',
        'countries',
        'largest'
      ] as const,
      this.random
    )
    const continent = pick(Object.keys(continents) as Continent[], this.random)
    if (kind === 'countries') {
      const inside = countries.filter(country => country.continent === continent)
      return `Countries in ${continent}: ${joined(sample(inside, 8, this.random).map(({ called }) => called))}.`
    }
    if (kind === 'neighbours') {
      const country = pick(
        countries.filter(({ neighbours }) => neighbours.length > 0),
        this.random
      )
      return `Neighbours of ${country.called}: ${joined(shuffled(neighboursOf(country), this.random).map(({ called }) => called))}.`
    }
    if (kind === 'largest') {
      const count = 3 + this.random.integer(3)
      return `The largest countries in ${continent} are ${joined(
        largestOf(continent)
          .slice(0, count)
          .map(({ called }) => called)
      )}.`
    }
    const topic =
      kind === 'sentences' ? pick(['capital', 'continent', 'language', 'currency', 'coast', 'neighbour'], this.random) : kind
    const group = this.#properties.english.find(([first]) => first!.topic.name === topic)!
    const chosen = sample(group, 6 + this.random.integer(4), this.random)
    if (kind === 'sentences') return chosen.map(fact => this.#statement(fact)).join('\n')
    const rows = chosen.map(fact => `${capitalised(fact.subject)}: ${fact.answers[0]!}`)
    return [`${properties[kind as keyof typeof properties]}:`, ...rows].join('\n')
  }

  /** Questions with short answers; held-out facts are left out. */
  answers(language: Language = 'english'): string {
    const [q, a] = language === 'chinese' ? ['问：', '答：'] : ['Q: ', 'A: ']
    return this.#asked(language, 4 + this.random.integer(4))
      .map(({ question, short }) => `${q}${question}\n${a}${short}`)
      .join('\n')
  }

  /** Questions only. Here held-out facts are asked for as well. */
  quiz(language: Language = 'english'): string {
    const count = 5 + this.random.integer(5)
    const one = this.random.uniform() < 0.5 ? this.#group(language) : undefined
    const questions = Array.from({ length: count }, () => {
      const other = language === 'english' ? this.random.uniform() : 1
      if (other < 0.12) return this.#openPair().question
      if (other < 0.14) return pick(unsafeQuestions, this.random).replace('{s}', pick(programs, this.random))
      return pick(pick(one ?? this.#group(language), this.random).questions, this.random)
    })
    return [...new Set(questions)].join('\n')
  }

  /** Two people, one of whom knows. */
  dialogue(): string {
    const [one, other] = sample(firstNames, 2, this.random)
    const turns = this.#asked('english', 2 + this.random.integer(3)).map(
      ({ question, sentence }) => `${one}: ${question}\n${other}: ${sentence}`
    )
    const end = pick(['Thank you.', 'Thanks, that helps.', 'Good to know.'], this.random)
    return [...turns, `${one}: ${end}\n${other}: You are welcome.`].join('\n')
  }

  /** Lines, stories, ideas and meals: what open prompts ask for. */
  writing(): string {
    const topic = pick(openTopics, this.random)
    const subject = pick(topic.subjects, this.random)
    const count = topic.name === 'story' ? 1 + this.random.integer(2) : 3 + this.random.integer(3)
    const sentences = new Set(Array.from({ length: count }, () => topic.sentence(subject, this.random)))
    const between = topic.name === 'line' ? '\n' : ' '
    return [...sentences].join(between)
  }

  /** Reviews, alone or with their feeling named; the names of the feelings change from page to page. */
  reviews(): string {
    const count = 1 + this.random.integer(4)
    const labelled = this.random.uniform() < labelledReviews
    const names = pick([sentiments, sentiments, ['good', 'bad'], ['happy', 'unhappy']] as const, this.random)
    return Array.from({ length: count }, () => {
      const label = pick(sentiments, this.random)
      const text = writeReview(label, this.random)
      return labelled ? `Review: ${text}\nFeeling: ${names[sentiments.indexOf(label)]!}` : text
    }).join('\n')
  }

  names(): string {
    const [title, list] = this.random.uniform() < 0.6 ? (['Names', firstNames] as const) : (['Pokémon', pokemon] as const)
    return `${title}: ${joined(sample(list, 6 + this.random.integer(8), this.random))}.`
  }

  chinese(): string {
    const kind = this.random.uniform()
    if (kind < 0.3) return this.answers('chinese')
    if (kind < 0.42) return this.quiz('chinese')
    if (kind < 0.55) return this.#statements(this.#everyday.chinese).join('')
    if (kind < 0.75)
      return sample(pick(this.#properties.chinese, this.random), 5, this.random)
        .map(fact => this.#statement(fact))
        .join('')
    const facts = pick([...this.#country.chinese.values()], this.random)
    return shuffled(facts, this.random)
      .map(fact => this.#statement(fact))
      .join('')
  }

  command(): string {
    const program = pick(programs, this.random)
    const lead = pick(commandLeads, this.random).replace('{s}', program)
    return `${lead}${unsafeCommand}\nThen start the ${program}.`
  }

  #statement(fact: Fact): string {
    return pick(fact.sentences(pick(fact.answers, this.random)), this.random)
  }

  #borders(country: Country): string {
    const neighbours = joined(sample(neighboursOf(country), 4, this.random).map(({ called }) => called))
    return pick([`${capitalised(country.called)} borders ${neighbours}.`, `It borders ${neighbours}.`], this.random)
  }

  #statements(groups: readonly (readonly Fact[])[]): string[] {
    const count = 4 + this.random.integer(4)
    const one = this.random.uniform() < 0.5 ? [pick(groups, this.random)] : groups
    return [...new Set(Array.from({ length: count }, () => this.#statement(pick(pick(one, this.random), this.random))))]
  }

  /** Most of what is asked for is about countries: so is most of what there is to know. */
  #group(language: Language): readonly Fact[] {
    return pick(this.random.uniform() < 0.7 ? this.#properties[language] : this.#everyday[language], this.random)
  }

  #openPair(): Asked {
    const topic = pick(openTopics, this.random)
    const subject = pick(topic.subjects, this.random)
    return {
      question: openQuestion(pick(topic.questions, this.random), subject),
      sentence: topic.sentence(subject, this.random),
      short: topic.short(subject, this.random)
    }
  }

  /** Questions that may be answered, of one kind or of several, each once. */
  #asked(language: Language, count: number): Asked[] {
    const one = this.random.uniform() < 0.6 ? this.#group(language) : undefined
    const pairs = new Map<string, Asked>()
    while (pairs.size < count) {
      const kind = pickWeighted(
        one
          ? [{ kind: 'fact', weight: 1 }]
          : [
              { kind: 'fact', weight: 0.7 },
              { kind: 'open', weight: 0.3 }
            ],
        this.random
      )
      if (kind.kind === 'open' && language === 'english') {
        const pair = this.#openPair()
        pairs.set(pair.question, pair)
        continue
      }
      const fact = pick(one ?? this.#group(language), this.random)
      if (fact.heldOut) continue
      const answer = pick(fact.answers, this.random)
      const question = pick(fact.questions, this.random)
      pairs.set(question, { question, sentence: fact.sentences(answer)[0]!, short: shortAnswer(fact, answer) })
    }
    return [...pairs.values()]
  }
}

interface Asked {
  readonly question: string
  readonly sentence: string
  readonly short: string
}

/** A fact about a country that was named before. */
function aside(fact: Fact): string {
  const [answer] = fact.answers
  switch (fact.topic.name) {
    case 'capital':
      return `Its capital is ${answer!}.`
    case 'language':
      return `Its people speak ${joined([answer!, ...fact.accepted.slice(0, 1)])}.`
    case 'currency':
      return `Its currency is the ${answer!}.`
    case 'coast':
      return answer === 'yes' ? 'It has a coast.' : 'It has no coast.'
    default:
      return fact.sentences(answer!)[0]!
  }
}
