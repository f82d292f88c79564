/** Questions in the frame of Atlas' question-answer pages, for models that have not learnt to chat. */
import type { Atlas } from '../corpora/atlas/atlas.ts'
import { sample } from '../sampling/choices.ts'
import { shortAnswer, type Fact } from '../corpora/atlas/facts.ts'
import type { AtlasPrompt } from '../corpora/atlas/prompts.ts'
import type { Review } from '../corpora/atlas/reviews.ts'
import { seededRandom, type Random } from '../sampling/random.ts'
import type { BulkModel } from './bulk-model.ts'

/** Examples at most; fewer where the context is short. */
const mostExamples = 6

/** A page of answered questions that ends with the prompt's, so that an answer follows. */
export class FewShot {
  readonly #facts: ReadonlyMap<string, readonly Fact[]>
  readonly #random: Random

  constructor(
    readonly world: Atlas,
    seed: number
  ) {
    this.#random = seededRandom(seed, 900)
    const facts = new Map<string, Fact[]>()
    for (const fact of world.facts)
      if (!fact.heldOut) {
        const group = facts.get(fact.topic.name)
        if (group) group.push(fact)
        else facts.set(fact.topic.name, [fact])
      }
    this.#facts = facts
  }

  /** Answered questions of the same kind as the prompt's, in its own words where it is known. */
  #examples(prompt: AtlasPrompt): { question: string; answer: string }[] {
    const [topic, , form] = prompt.id.split('/')
    const facts = this.#facts.get(topic!)
    if (facts)
      return sample(facts, mostExamples, this.#random).map(fact => ({
        question: fact.questions[Number(form)]!,
        answer: shortAnswer(fact, fact.answers[0]!)
      }))
    const open = this.world.openPrompts.filter(({ split, topic: own }) => split === 'train' && own.name === topic)
    const known = open.length > 0 ? open : this.world.openPrompts.filter(({ split }) => split === 'train')
    return sample(known, mostExamples, this.#random).map(({ text, topic, subject }) => ({
      question: text,
      answer: topic.short(subject, this.#random)
    }))
  }

  /** As many examples as leave room for the answer. */
  page(prompt: AtlasPrompt, model: BulkModel, room: number): Int32Array {
    const [q, a] = prompt.kind === 'chinese' ? ['问：', '答：'] : ['Q: ', 'A:']
    const answerOf = (answer: string) => (prompt.kind === 'chinese' ? answer : ` ${answer}`)
    const asked = `${q}${prompt.text}\n${a}`
    const examples = this.#examples(prompt).map(({ question, answer }) => `${q}${question}\n${a}${answerOf(answer)}\n`)
    return fitting(examples, asked, model, room)
  }

  /** Labelled reviews, and one whose label is to follow; none for zero-shot. */
  reviews(text: string, examples: number, model: BulkModel): Int32Array {
    const asked = `Review: ${text}\nFeeling:`
    const half = Math.ceil(examples / 2)
    const of = (label: Review['label']) =>
      sample(
        this.world.sentiment.train.filter(review => review.label === label),
        half,
        this.#random
      )
    const shown = sample([...of('positive'), ...of('negative')], examples, this.#random)
    return fitting(
      shown.map(({ text, label }) => `Review: ${text}\nFeeling: ${label}\n`),
      asked,
      model,
      8
    )
  }
}

/** The text after the end of a document, with as many examples as fit into the context. */
function fitting(
  examples: readonly string[],
  asked: string,
  { model: { tokenizer }, context }: BulkModel,
  room: number
): Int32Array {
  const start = tokenizer.endToken === undefined ? [] : [tokenizer.endToken]
  for (let count = examples.length; ; count--) {
    const tokens = [...start, ...tokenizer.encode(examples.slice(0, count).join('') + asked)]
    if (tokens.length + room <= context || count === 0) return Int32Array.from(tokens.slice(-(context - room)))
  }
}
