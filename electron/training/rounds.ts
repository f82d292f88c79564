/**
 * Rounds: the reward model goes on learning from what the policy says now.
 *
 * A reward model is right about answers like those it has seen. The policy soon gives others, and finds the ones
 * that are worth less than their score. So every few iterations answers are drawn from the current policy, ranked
 * by the rater, and the reward model is trained further on them, with a share of earlier ones so that it forgets
 * nothing (Ouyang et al. 2022 collected their data in this way; Bai et al. 2022, "iterated online" training).
 */
import { chatIds, encodePrompt, encodeSpoken } from '../corpora/chat.ts'
import type { Comparison } from '../corpora/preferences.ts'
import type { Batch, Plan } from '../engine/plan.ts'
import type { Random } from '../sampling/random.ts'
import type { Tokenizer } from '../tokenizers/tokenizer.ts'
import { packForReward, scoreRollouts, type RewardFormat } from './reward-scores.ts'
import { neededLength, rollOut, type RolloutOptions } from './rollouts.ts'

/** An answer as it was drawn. Not as text: what a text is cut into need not be what the policy said. */
export interface Answer {
  readonly prompt: Int32Array
  readonly response: Int32Array
  readonly ended: boolean
}

/** Answers to one prompt in order of preference. */
export interface RankedAnswers {
  readonly answers: readonly Answer[]
  /** Rank of each, 0 best; equal ranks are ties. */
  readonly ranks: readonly number[]
}

/** Ranks answers to the prompt of the given number. */
export type Rank = (prompt: number, answers: readonly Answer[]) => readonly number[]

/** Draws some answers to each of some prompts and has them ranked. */
export async function collectRanked(
  policy: Pick<Plan, 'generate'>,
  prompts: readonly { readonly number: number; readonly tokens: Int32Array }[],
  completions: number,
  options: RolloutOptions,
  rank: Rank,
  random: Random
): Promise<RankedAnswers[]> {
  const repeated = prompts.flatMap(({ tokens }) => Array.from({ length: completions }, () => tokens))
  const rollouts = await rollOut(policy, repeated, options, random)
  return prompts.map(({ number }, i) => {
    const answers = rollouts
      .slice(i * completions, (i + 1) * completions)
      .map(({ prompt, response, ended }) => ({ prompt, response, ended }))
    return { answers, ranks: rank(number, answers) }
  })
}

/** A written comparison as tokens. */
export function encodeComparison(tokenizer: Tokenizer, { prompt, completions, ranks }: Comparison): RankedAnswers {
  const asked = encodePrompt(tokenizer, prompt)
  const { end } = chatIds(tokenizer)
  const answers = completions.map(text => ({
    prompt: asked,
    response: Int32Array.of(...encodeSpoken(tokenizer, text), end),
    ended: true
  }))
  return { answers, ranks }
}

/** Pairs of a comparison that are decided, better one first. */
function* decided(ranks: readonly number[]): Generator<readonly [better: number, worse: number]> {
  for (const [i, a] of ranks.entries()) for (const [j, b] of ranks.entries()) if (a < b) yield [i, j]
}

/** Comparisons that teach something: one without a decided pair has no loss. */
export const decidedOnly = (comparisons: readonly RankedAnswers[]): RankedAnswers[] =>
  comparisons.filter(({ ranks }) => ranks.some(rank => rank !== ranks[0]))

export interface RewardShape {
  /** Comparisons in a batch. */
  readonly comparisons: number
  /** Answers of each, at most. */
  readonly completions: number
  /** T of the plan. */
  readonly length: number
  readonly format: RewardFormat
}

/** One batch of the reward model; a comparison with fewer answers leaves rows that count for nothing. */
function rewardBatch(comparisons: readonly RankedAnswers[], { completions, length, format }: RewardShape): Batch {
  const rows = comparisons.length * completions
  const batch = {
    tokens: new Int32Array(rows * length),
    at: new Int32Array(rows),
    group: new Int32Array(rows).fill(-1),
    rank: new Int32Array(rows)
  }
  comparisons.forEach(({ answers, ranks }, i) => {
    const { tokens, at } = packForReward(answers, length, format)
    batch.tokens.set(tokens, i * completions * length)
    batch.at.set(at, i * completions)
    batch.group.fill(i, i * completions, i * completions + answers.length)
    batch.rank.set(ranks, i * completions)
  })
  return batch
}

export interface RoundLearning {
  readonly steps: number
  readonly learningRate: number
  /** Share of a batch that comes from earlier rounds. */
  readonly earlier: number
}

/**
 * Trains the reward model further, on fresh comparisons and a share of earlier ones.
 * @returns mean loss of the steps
 */
export async function continueReward(
  reward: Plan,
  comparisons: { readonly fresh: readonly RankedAnswers[]; readonly earlier: readonly RankedAnswers[] },
  { steps, learningRate, earlier }: RoundLearning,
  shape: RewardShape,
  random: Random
): Promise<number> {
  const share = comparisons.earlier.length > 0 ? earlier : 0
  const draw = (): RankedAnswers => {
    const from = random.uniform() < share ? comparisons.earlier : comparisons.fresh
    return from[random.integer(from.length)]!
  }
  let sum = 0
  for (let step = 0; step < steps; step++) {
    const drawn = Array.from({ length: shape.comparisons }, draw)
    const length = lengthFor(drawn, shape)
    const batch = rewardBatch(drawn, { ...shape, length })
    sum += (await reward.train(batch, Float64Array.of(learningRate), { length })).losses[0]!
  }
  return sum / steps
}

/** Tokens that the answers need, closed for the reward model. */
function lengthFor(comparisons: readonly RankedAnswers[], { length }: RewardShape): number {
  return neededLength(
    comparisons.flatMap(({ answers }) => answers),
    2,
    length
  )
}

/** How often the reward model agrees with the ranks, over all decided pairs, and by how much it is ahead. */
export async function agreement(
  reward: Pick<Plan, 'outputs'>,
  comparisons: readonly RankedAnswers[],
  shape: RewardShape
): Promise<{ readonly accuracy: number; readonly margin: number }> {
  const scores = await scoreRollouts(
    reward,
    comparisons.flatMap(({ answers }) => answers),
    lengthFor(comparisons, shape),
    shape.format
  )
  let [pairs, right, margin, from] = [0, 0, 0, 0]
  for (const { answers, ranks } of comparisons) {
    for (const [better, worse] of decided(ranks)) {
      const lead = scores[from + better]! - scores[from + worse]!
      pairs++
      right += lead > 0 ? 1 : 0
      margin += lead
    }
    from += answers.length
  }
  return { accuracy: right / pairs, margin: margin / pairs }
}
