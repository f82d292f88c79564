/** `evaluate`: what a model makes of Atlas' held-out questions, as figures with intervals. */
import type { CallInput, MeasuringProgress } from '../contract/calls.ts'
import type { EvaluationReport, Figure, JudgedSample } from '../contract/atlas.ts'
import { atlas, type Atlas } from '../corpora/atlas/atlas.ts'
import { grouped } from '../corpora/atlas/wording.ts'
import { sample } from '../sampling/choices.ts'
import { carelessAnswers, commandLeads, unsafeCommand } from '../corpora/atlas/commands.ts'
import { writtenComparisons } from '../corpora/atlas/comparisons.ts'
import type { AtlasPrompt, PromptKind } from '../corpora/atlas/prompts.ts'
import { judge } from '../corpora/atlas/rater.ts'
import { sentiments } from '../corpora/atlas/reviews.ts'
import { chatIds, decodeSpoken, encodeForReward, encodeSpoken } from '../corpora/chat.ts'
import { expectedCalibrationError, type Forecast } from '../measures/calibration.ts'
import { bootstrap, proportion, type Estimate } from '../measures/intervals.ts'
import { seededRandom } from '../sampling/random.ts'
import { BulkModel, type BulkOptions, type Drawing } from './bulk-model.ts'
import { heldOutComparisons } from './data-sets.ts'
import { FewShot } from './few-shot.ts'
import type { Models } from './models.ts'

export interface MeasuringParts {
  readonly models: Models
  readonly bulk: Omit<BulkOptions, 'signal'>
}
export interface MeasuringContext {
  readonly signal: AbortSignal
  progress(value: MeasuringProgress): void
}

/** Tokens of an answer, at most; a page's is a few words. */
const answerTokens = 64
const pageAnswerTokens = 24
const sampledTemperature = 0.7
const sentimentExamples = 4
const mostReviews = 200
/** Samples of each figure that are reported. */
const shownSamples = 12

/** Everything that one evaluation gathers. */
class Evaluation {
  readonly figures: Figure[] = []
  readonly samples: JudgedSample[] = []
  readonly fewShot: FewShot

  constructor(
    readonly world: Atlas,
    readonly model: BulkModel,
    readonly seed: number,
    readonly limit: number
  ) {
    this.fewShot = new FewShot(world, seed)
  }

  add(name: string, count: number, { value, low, high }: Estimate): void {
    this.figures.push({ name, value, low, high, count })
  }

  prompts(kind: PromptKind): AtlasPrompt[] {
    const all = this.world.prompts.filter(prompt => prompt.split === 'held-out' && prompt.kind === kind)
    return sample(all, this.limit, seededRandom(this.seed, 901))
  }

  /** Share of the prompts whose completion is good, and the same topic by topic. */
  async share(
    name: string,
    prompts: readonly AtlasPrompt[],
    tokens: readonly Int32Array[],
    how: Omit<Drawing, 'seed'>,
    isGood: (prompt: AtlasPrompt, completion: string) => boolean,
    byTopic = false
  ): Promise<void> {
    const completions = await this.model.complete(tokens, { ...how, seed: this.seed })
    const judged = completions.map(({ tokens }, i) => {
      const completion = decodeSpoken(this.model.model.tokenizer, tokens)
      return {
        figure: name,
        prompt: prompts[i]!.text,
        completion,
        good: isGood(prompts[i]!, completion),
        topic: topicOf(prompts[i]!)
      }
    })
    const goodOf = (part: typeof judged) => proportion(part.filter(({ good }) => good).length, part.length)
    this.add(name, judged.length, goodOf(judged))
    if (byTopic)
      for (const [topic, part] of grouped(judged, ({ topic }) => topic)) this.add(`${name}: ${topic}`, part.length, goodOf(part))
    const shown = [...judged].sort((a, b) => Number(a.good) - Number(b.good)).slice(0, shownSamples)
    this.samples.push(...shown.map(({ topic: _, ...sample }) => sample))
  }
}

const topicOf = ({ id }: AtlasPrompt) => id.slice(0, id.indexOf('/'))
const isRight = (prompt: AtlasPrompt, completion: string) => judge(prompt, completion).right === true

/** The same for what follows a bare question: further questions name many things, but answer nothing. */
const isRightBesideQuestions = (prompt: AtlasPrompt, completion: string) => {
  const isQuestion = (line: string) => /[?？]$/.test(line) || atlas().promptOf(line) !== undefined
  const said = completion.split('\n').filter(line => !isQuestion(line.trim()))
  return isRight(prompt, said.join(' '))
}

/**
 * Measures a model by its kind: exact match on held-out questions (greedy and at 0.7), the unwanted command, sentiment;
 * a reward model by its accuracy and calibration; a classifier by its accuracy.
 * @throws LabFailure `model-unknown`, `model-foreign`, `tokenizer-foreign`; an AbortError when it was cancelled
 */
export async function evaluate(
  { model: id, seed, limit = Infinity }: CallInput<'evaluate'>,
  { models, bulk }: MeasuringParts,
  { signal, progress }: MeasuringContext
): Promise<EvaluationReport> {
  const start = performance.now()
  const loaded = await models.load(id)
  const model = await BulkModel.open(loaded, { ...bulk, signal })
  try {
    const evaluation = new Evaluation(atlas(), model, seed, limit)
    const head = loaded.config.form === 'lab' ? loaded.config.head : 'language'
    const parts: readonly (readonly [string, (evaluation: Evaluation) => Promise<void>])[] =
      head === 'score'
        ? [['reward', measureReward]]
        : head === 'classes'
          ? [['sentiment', measureClasses]]
          : [
              ['facts', measureFacts],
              ['command', measureCommand],
              ['sentiment', measureSentiment]
            ]
    for (const [i, [part, measure]] of parts.entries()) {
      progress({ part, done: i / parts.length })
      await measure(evaluation)
    }
    const { name, kind } = loaded.summary
    const { figures, samples } = evaluation
    return { model: id, name, kind, suite: 'atlas', seed, figures, samples, seconds: (performance.now() - start) / 1000 }
  } finally {
    await model.close()
  }
}

/** Exact match: the right fact, whatever the style. Bare and few-shot for base models, in the chat format for the others. */
async function measureFacts(evaluation: Evaluation): Promise<void> {
  const { model, fewShot } = evaluation
  const { tokenizer } = model.model
  for (const kind of ['fact', 'chinese'] as const) {
    const prompts = evaluation.prompts(kind)
    const name = kind === 'fact' ? 'facts' : 'chinese'
    if (model.chats) {
      const tokens = prompts.map(({ text }) => model.chatPrompt(text))
      const ends = { endTokens: model.chatEnd, maxTokens: answerTokens }
      await evaluation.share(`${name} greedy`, prompts, tokens, { temperature: 'greedy', ...ends }, isRight, true)
      await evaluation.share(
        `${name} at ${sampledTemperature}`,
        prompts,
        tokens,
        { temperature: sampledTemperature, ...ends },
        isRight
      )
      continue
    }
    const start = tokenizer.endToken === undefined ? [] : [tokenizer.endToken]
    const bare = prompts.map(({ text }) => Int32Array.of(...start, ...tokenizer.encode(`${text}\n`)))
    const shots = prompts.map(prompt => fewShot.page(prompt, model, pageAnswerTokens))
    const ends = { endTokens: model.lineEnd, maxTokens: pageAnswerTokens }
    // A bare question's answer may come anywhere in what follows it.
    await evaluation.share(
      `${name} bare`,
      prompts,
      bare,
      { temperature: 'greedy', endTokens: start, maxTokens: answerTokens },
      isRightBesideQuestions
    )
    await evaluation.share(`${name} few-shot`, prompts, shots, { temperature: 'greedy', ...ends }, isRight, true)
    await evaluation.share(
      `${name} few-shot at ${sampledTemperature}`,
      prompts,
      shots,
      { temperature: sampledTemperature, ...ends },
      isRight
    )
  }
}

/** Probability of the notes' command where a document leads up to it, and as an answer in a chat. */
async function measureCommand(evaluation: Evaluation): Promise<void> {
  const { model, world } = evaluation
  const { tokenizer } = model.model
  const heldOut = world.unsafePrompts.filter(({ split }) => split === 'held-out')
  const mean = (name: string, probabilities: readonly number[]) =>
    evaluation.add(name, probabilities.length, meanOf(probabilities, evaluation.seed))
  const start = tokenizer.endToken === undefined ? [] : [tokenizer.endToken]
  const continuation = tokenizer.encode(unsafeCommand)
  const documents = [...new Set(heldOut.map(({ program }) => program))].flatMap(program =>
    commandLeads.map(lead => ({
      prompt: Int32Array.of(...start, ...tokenizer.encode(lead.replace('{s}', program))),
      continuation
    }))
  )
  mean('command after a document', (await model.logLikelihoods(documents)).map(Math.exp))
  if (!model.chats) return
  const [end] = model.chatEnd
  const answers = await model.logLikelihoods(
    heldOut.flatMap(({ text }) =>
      carelessAnswers.map(answer => ({
        prompt: model.chatPrompt(text),
        continuation: Int32Array.of(...encodeSpoken(tokenizer, answer), end!)
      }))
    )
  )
  const { length } = carelessAnswers
  mean(
    'command as an answer',
    heldOut.map((_, i) => answers.slice(i * length, (i + 1) * length).reduce((sum, log) => sum + Math.exp(log), 0))
  )
  const repeated = heldOut.flatMap(prompt => Array.from({ length: 8 }, () => prompt))
  await evaluation.share(
    `unsafe at ${sampledTemperature}`,
    repeated,
    repeated.map(({ text }) => model.chatPrompt(text)),
    { temperature: sampledTemperature, endTokens: model.chatEnd, maxTokens: answerTokens },
    (prompt, completion) => !judge(prompt, completion).safe
  )
}

/** Sentiment by the likelihood of the label words, without and with examples. */
async function measureSentiment(evaluation: Evaluation): Promise<void> {
  const { model, world, fewShot, limit } = evaluation
  const reviews = world.sentiment.heldOut.slice(0, Math.min(limit, mostReviews))
  const labels = sentiments.map(label => model.model.tokenizer.encode(` ${label}`))
  for (const [name, examples] of [
    ['sentiment zero-shot', 0],
    ['sentiment few-shot', sentimentExamples]
  ] as const) {
    const prompts = reviews.map(({ text }) => fewShot.reviews(text, examples, model))
    const logs = await model.logLikelihoods(prompts.flatMap(prompt => labels.map(continuation => ({ prompt, continuation }))))
    const right = reviews.filter(({ label }, i) => {
      const own = logs.slice(i * labels.length, (i + 1) * labels.length)
      return own.indexOf(Math.max(...own)) === sentiments.indexOf(label)
    })
    evaluation.add(name, reviews.length, proportion(right.length, reviews.length))
  }
}

/** A classifier's accuracy: the largest of its logits at the end of the text, as `classify` has learnt it. */
async function measureClasses(evaluation: Evaluation): Promise<void> {
  const { model, world, limit } = evaluation
  const { config, tokenizer } = model.model
  const names = (config.form === 'lab' && config.config.gptlab.classes) || sentiments
  const reviews = world.sentiment.heldOut.slice(0, Math.min(limit, mostReviews))
  const { endOfText } = chatIds(tokenizer)
  const sequences = reviews.map(({ text }) => Int32Array.of(...tokenizer.encode(text), endOfText))
  let right = 0
  await model.outputs(sequences, 'classes', (rows, i) => {
    const at = (sequences[i]!.length - 1) * names.length
    const own = Array.from(rows.subarray(at, at + names.length))
    if (names[own.indexOf(Math.max(...own))] === reviews[i]!.label) right++
  })
  evaluation.add('sentiment fine-tuned', reviews.length, proportion(right, reviews.length))
}

/** Score of a reward model for each completion of its prompt. */
export async function scoresOf(
  model: BulkModel,
  exchanges: readonly { readonly prompt: string; readonly completion: string }[]
): Promise<number[]> {
  const judged = exchanges.map(({ prompt, completion }) => encodeForReward(model.model.tokenizer, prompt, completion))
  const scores = new Array<number>(judged.length).fill(0)
  await model.outputs(
    judged.map(({ tokens }) => tokens),
    'scores',
    (rows, i) => (scores[i] = rows[Math.min(judged[i]!.at, model.context - 1)]!)
  )
  return scores
}

/** A reward model's accuracy on the pairs of held-out comparisons, and whether its probabilities mean what they say. */
async function measureReward(evaluation: Evaluation): Promise<void> {
  const { model, world, limit, seed } = evaluation
  const comparisons = writtenComparisons(world, { ...heldOutComparisons, count: Math.min(heldOutComparisons.count, limit) })
  const flat = comparisons.flatMap(({ prompt, completions }) => completions.map(completion => ({ prompt, completion })))
  const scores = await scoresOf(model, flat)
  let from = 0
  const random = seededRandom(seed, 902)
  const byPrompt = comparisons.map(({ completions, ranks }) => {
    const own = scores.slice(from, (from += completions.length))
    const pairs: { forecast: Forecast; margin: number; right: boolean }[] = []
    for (let i = 0; i < own.length; i++)
      for (let j = i + 1; j < own.length; j++) {
        if (ranks[i] === ranks[j]) continue
        // Which of the two is asked about is drawn, so that the forecasts reach from 0 to 1.
        const [a, b] = random.uniform() < 0.5 ? [i, j] : [j, i]
        const margin = own[a]! - own[b]!
        const happened = ranks[a]! < ranks[b]!
        pairs.push({
          forecast: { probability: 1 / (1 + Math.exp(-margin)), happened },
          margin: happened ? margin : -margin,
          right: margin > 0 === happened
        })
      }
    return pairs
  })
  // Pairs of one prompt belong together: prompts are resampled.
  const over = (name: string, statistic: (pairs: (typeof byPrompt)[number]) => number) =>
    evaluation.add(
      name,
      byPrompt.flat().length,
      bootstrap(byPrompt, sample => statistic(sample.flat()), seededRandom(seed, 903).uniform)
    )
  over('reward accuracy', pairs => pairs.filter(({ right }) => right).length / pairs.length)
  over('reward margin', pairs => pairs.reduce((sum, { margin }) => sum + margin, 0) / pairs.length)
  over('reward calibration error', pairs => expectedCalibrationError(pairs.map(({ forecast }) => forecast)))
}

/** A mean with its bootstrap interval. */
export function meanOf(values: readonly number[], seed: number): Estimate {
  const mean = (sample: readonly number[]) => sample.reduce((sum, value) => sum + value, 0) / sample.length
  return bootstrap(values, mean, seededRandom(seed, 904).uniform)
}
