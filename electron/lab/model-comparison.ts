/**
 * `compare`: several models complete the same prompts under one decoder; how diverse they are, how far from the first,
 * and how good. Every figure is a mean over prompts with a bootstrap interval over prompts.
 */
import type { CallInput } from '../contract/calls.ts'
import type { ComparedModel, ComparisonReport, Figure } from '../contract/atlas.ts'
import { atlas, type Atlas } from '../corpora/atlas/atlas.ts'
import type { AtlasPrompt } from '../corpora/atlas/prompts.ts'
import { judge, type Judgement } from '../corpora/atlas/rater.ts'
import { decodeSpoken } from '../corpora/chat.ts'
import { klBits } from '../measures/divergence.ts'
import { distinctN, distinctShare, selfBleu } from '../measures/diversity.ts'
import { entropyBits } from '../measures/entropy.ts'
import { winRate } from '../measures/intervals.ts'
import { BulkModel, softmax, type Completion } from './bulk-model.ts'
import { meanOf, scoresOf, type MeasuringContext, type MeasuringParts } from './evaluation.ts'
import { FewShot } from './few-shot.ts'
import type { LoadedModel } from './loaded-model.ts'
import { noScore } from './scoring.ts'
import { assertWrites } from './sessions.ts'

/** Prompts of each kind of Atlas' held-out sets, at most. */
const mostPrompts = 64
/** Prompts whose completions are reported. */
const shownPrompts = 12

/** A prompt; those of Atlas can be judged. */
interface Asked {
  readonly text: string
  readonly known?: AtlasPrompt
}

/** What one model wrote to one prompt. */
interface Written {
  readonly completions: readonly Completion[]
  readonly texts: readonly string[]
  readonly judgements: readonly Judgement[]
  /** Entropies in bits, a completion each: over the whole vocabulary at temperature 1, summed and per token. */
  readonly sums: number[]
  readonly means: number[]
  /** Of the distribution that is drawn from, per token. */
  readonly decoded: number[]
  /** Divergence from the first model on the same contexts, bits: per token and summed. */
  readonly divergences: number[]
  readonly divergenceSums: number[]
  rewards: readonly number[]
}

/**
 * Draws the same number of completions of every prompt from every model and measures them.
 * @throws LabFailure `model-unknown`, `model-no-chat` for a model without a language head, `model-no-score` for a judge
 *   that is none, `model-foreign`, `tokenizer-foreign`; an AbortError when it was cancelled
 */
export async function compareModels(
  input: CallInput<'compare'>,
  { models, bulk }: MeasuringParts,
  { signal, progress }: MeasuringContext
): Promise<ComparisonReport> {
  const start = performance.now()
  const world = atlas()
  const prompts = askedOf(world, input.prompts)
  const open = async (id: string, check: (model: LoadedModel) => void) => {
    const model = await models.load(id)
    check(model)
    return BulkModel.open(model, { ...bulk, signal })
  }
  const opened: BulkModel[] = []
  try {
    for (const id of input.models) opened.push(await open(id, assertWrites))
    const reward = input.reward === undefined ? undefined : await open(input.reward, assertScores)
    if (reward) opened.push(reward)
    const [first] = opened
    const written: Written[][] = []
    for (const [i, model] of opened.slice(0, input.models.length).entries()) {
      progress({ part: model.model.summary.name, done: i / input.models.length })
      written.push(await write(model, first!, prompts, world, input))
    }
    if (reward) {
      progress({ part: 'reward', done: 1 })
      for (const own of written) await score(reward, prompts, own)
    }
    const compared = input.models.map((id, i) => describe(id, opened[i]!, prompts, written, i, input.seed))
    const seconds = (performance.now() - start) / 1000
    const { seed, temperature, samples } = input
    return { seed, temperature, prompts: prompts.length, samples, models: compared, seconds }
  } finally {
    for (const model of opened) await model.close()
  }
}

/** @throws LabFailure `model-no-score` */
function assertScores({ config, summary }: LoadedModel): void {
  if (config.form !== 'lab' || config.head !== 'score') throw noScore(summary.name)
}

function askedOf(world: Atlas, prompts: CallInput<'compare'>['prompts']): Asked[] {
  if (typeof prompts !== 'string') return prompts.map(text => ({ text, known: world.promptOf(text) }))
  const kind = prompts === 'open' ? 'open' : 'fact'
  const all = world.prompts.filter(prompt => prompt.split === 'held-out' && prompt.kind === kind)
  // Spread over all topics.
  const step = Math.max(1, all.length / mostPrompts)
  return Array.from({ length: Math.min(mostPrompts, all.length) }, (_, i) => all[Math.floor(i * step)]!).map(known => ({
    text: known.text,
    known
  }))
}

/** Completions of all prompts by one model, with their entropies and their divergence from the first model. */
async function write(
  model: BulkModel,
  first: BulkModel,
  prompts: readonly Asked[],
  world: Atlas,
  { samples, temperature, maxTokens, seed }: CallInput<'compare'>
): Promise<Written[]> {
  const fewShot = new FewShot(world, seed)
  const tokens = prompts.map(({ text, known }) =>
    model.chats
      ? model.chatPrompt(text)
      : fewShot.page(known ?? { id: '', text, kind: 'open', split: 'held-out' }, model, maxTokens)
  )
  const endTokens = model.chats ? model.chatEnd : model.lineEnd
  const drawn = await model.complete(
    tokens.flatMap(prompt => Array.from({ length: samples }, () => prompt)),
    { maxTokens, temperature, seed, endTokens }
  )
  const written = prompts.map(({ known }, i): Written => {
    const completions = drawn.slice(i * samples, (i + 1) * samples)
    const texts = completions.map(({ tokens }) => decodeSpoken(model.model.tokenizer, tokens))
    return {
      completions,
      texts,
      judgements: known ? texts.map(text => judge(known, text)) : [],
      sums: [],
      means: [],
      decoded: [],
      divergences: [],
      divergenceSums: [],
      rewards: []
    }
  })
  await measureDistributions(model, first, written, temperature, samples)
  return written
}

/** Reads the distribution at every position at which a token was drawn, the end token's included. */
async function measureDistributions(
  model: BulkModel,
  first: BulkModel,
  written: readonly Written[],
  temperature: number,
  samples: number
): Promise<void> {
  const all = written.flatMap(({ completions }) => completions)
  const sequences = all.map(({ prompt, tokens }) => Int32Array.of(...prompt, ...tokens))
  const { vocabulary } = model
  const positions = ({ prompt, tokens, ended }: Completion) => ({
    from: prompt.length - 1,
    to: Math.min(prompt.length - 1 + tokens.length + (ended ? 1 : 0), model.context)
  })
  const rowsAt = (rows: Float32Array, position: number) => rows.subarray(position * vocabulary, (position + 1) * vocabulary)
  // A divergence needs one vocabulary; the first model's from itself is none.
  const comparable = model !== first && first.vocabulary === vocabulary && first.context >= model.context
  for (let from = 0; from < sequences.length; from += samples) {
    const part = sequences.slice(from, from + samples)
    const own: Float64Array[][] = []
    const place = written[from / samples]!
    await model.outputs(part, 'logits', (rows, i) => {
      const { from: begin, to } = positions(all[from + i]!)
      const distributions = Array.from({ length: to - begin }, (_, k) => softmax(rowsAt(rows, begin + k)))
      const entropies = distributions.map(entropyBits)
      const decoded = distributions.map((_, k) => entropyBits(softmax(rowsAt(rows, begin + k), temperature)))
      own.push(distributions)
      place.sums.push(total(entropies))
      place.means.push(total(entropies) / entropies.length)
      place.decoded.push(total(decoded) / decoded.length)
    })
    if (!comparable) continue
    await first.outputs(part, 'logits', (rows, i) => {
      const { from: begin } = positions(all[from + i]!)
      const each = own[i]!.map((distribution, k) => klBits(distribution, softmax(rowsAt(rows, begin + k))))
      place.divergenceSums.push(total(each))
      place.divergences.push(total(each) / each.length)
    })
  }
}

const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0)
const mean = (values: readonly number[]) => total(values) / values.length

async function score(reward: BulkModel, prompts: readonly Asked[], written: readonly Written[]): Promise<void> {
  const exchanges = written.flatMap(({ texts }, i) => texts.map(completion => ({ prompt: prompts[i]!.text, completion })))
  const scores = await scoresOf(reward, exchanges)
  let from = 0
  for (const own of written) own.rewards = scores.slice(from, (from += own.texts.length))
}

/** One model's row: means over prompts. */
function describe(
  id: string,
  model: BulkModel,
  prompts: readonly Asked[],
  written: readonly (readonly Written[])[],
  index: number,
  seed: number
): ComparedModel {
  const own = written[index]!
  const figures: Figure[] = []
  const over = (name: string, values: readonly number[]) => {
    const finite = values.filter(Number.isFinite)
    if (finite.length > 0) figures.push({ name, count: finite.length, ...meanOf(finite, seed) })
  }
  const words = (text: string) => text.match(/\p{Script=Han}|[\p{L}\p{N}'’-]+|[^\s]/gu) ?? []
  // Shares of distinct n-grams fall with length: every model counts as many words of a prompt as the briefest has.
  const equal = prompts.map((_, i) => Math.min(...written.map(model => total(model[i]!.texts.map(text => words(text).length)))))
  over(
    'token entropy',
    own.map(({ means }) => mean(means))
  )
  over(
    'completion entropy',
    own.map(({ sums }) => mean(sums))
  )
  over(
    'decoded entropy',
    own.map(({ decoded }) => mean(decoded))
  )
  over(
    'distinct-1',
    own.map(({ texts }, i) => distinctN(texts.map(words), 1, equal[i]))
  )
  over(
    'distinct-2',
    own.map(({ texts }, i) => distinctN(texts.map(words), 2, equal[i]))
  )
  over(
    'self-BLEU',
    own.map(({ texts }) => selfBleu(texts.map(words)))
  )
  over(
    'distinct share',
    own.map(({ texts }) => distinctShare(texts))
  )
  over(
    'length',
    own.map(({ completions }) => mean(completions.map(({ tokens }) => tokens.length)))
  )
  if (index > 0) {
    over(
      'KL per token',
      own.map(({ divergences }) => mean(divergences))
    )
    over(
      'KL per completion',
      own.map(({ divergenceSums }) => mean(divergenceSums))
    )
  }
  const judged = own.filter(({ judgements }) => judgements.length > 0)
  over(
    'quality',
    judged.map(({ judgements }) => mean(judgements.map(({ quality }) => quality)))
  )
  over(
    'right',
    judged
      .filter(({ judgements }) => judgements[0]!.right !== undefined)
      .map(({ judgements }) => mean(judgements.map(({ right }) => Number(right))))
  )
  over(
    'reward',
    own.filter(({ rewards }) => rewards.length > 0).map(({ rewards }) => mean(rewards))
  )
  if (index > 0) {
    const decided = decide(own, written[0]!)
    const count = decided.wins + decided.losses
    if (count > 0) figures.push({ name: 'wins against the first', count, ...winRate(decided) })
  }
  const { name, kind } = model.model.summary
  return {
    model: id,
    name,
    kind,
    asked: model.chats ? 'chat' : 'few-shot',
    figures,
    samples: own.slice(0, shownPrompts).map(({ texts }, i) => ({ prompt: prompts[i]!.text, completions: texts }))
  }
}

/** Completion by completion, blind: which of the two the rater's policy prefers. */
function decide(own: readonly Written[], other: readonly Written[]): { wins: number; losses: number; ties: number } {
  const result = { wins: 0, losses: 0, ties: 0 }
  own.forEach(({ judgements }, i) =>
    judgements.forEach(({ quality }, k) => {
      const difference = quality - other[i]!.judgements[k]!.quality
      if (difference > 0) result.wins++
      else if (difference < 0) result.losses++
      else result.ties++
    })
  )
  return result
}
