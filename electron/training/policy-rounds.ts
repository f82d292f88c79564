/**
 * The rounds of a policy's training: what was written and what it said is compared, and every few iterations the
 * reward model goes on learning from fresh answers of the policy (rounds.ts).
 */
import { decodeSpoken } from '../corpora/chat.ts'
import { seededRandom, type Random } from '../sampling/random.ts'
import { rolloutSettings, type PolicyPlans, type PolicyShape, type PolicyStart } from './policy-plans.ts'
import { agreement, collectRanked, continueReward, decidedOnly, encodeComparison, type RankedAnswers } from './rounds.ts'

/** A comparison as a checkpoint keeps it. */
export interface StoredComparison {
  readonly prompt: readonly number[]
  readonly responses: readonly (readonly number[])[]
  readonly ended: readonly boolean[]
  readonly ranks: readonly number[]
}

/** Stream of the recipe's seed that draws the first comparisons. */
const firstStream = 3

export class PolicyRounds {
  #comparisons: readonly RankedAnswers[] = []

  constructor(
    readonly start: PolicyStart,
    readonly shape: PolicyShape,
    readonly plans: PolicyPlans
  ) {}

  /** Whether the recipe has rounds: else the reward model stays as it is. */
  get learns(): boolean {
    return rolloutSettings(this.start.recipe).rounds !== undefined
  }

  /** What was written, and the first answers, stay among the earlier comparisons of every round. */
  async begin(): Promise<void> {
    if (!this.learns) return
    const { tokenizer, written, recipe } = this.start
    const fitting = written
      .map(comparison => encodeComparison(tokenizer, comparison))
      .filter(({ answers }) => answers.every(({ prompt, response }) => prompt.length + response.length < this.shape.length))
    this.#comparisons = [...decidedOnly(fitting), ...(await this.#collect(seededRandom(recipe.seed, firstStream)))]
  }

  /**
   * Brings the reward model up to date, where it is time.
   * @param step iterations done before
   * @returns metrics of the round; none where there was none
   */
  async round(step: number, random: Random): Promise<Record<string, number>> {
    const { rounds } = rolloutSettings(this.start.recipe)
    if (!rounds || step === 0 || step % rounds.every !== 0) return {}
    const fresh = await this.#collect(random)
    if (fresh.length === 0) return {}
    const { reward } = this.plans
    const shape = { ...this.shape, completions: rounds.completions }
    const before = await agreement(reward, fresh, shape)
    const loss = await continueReward(reward, { fresh, earlier: this.#comparisons }, rounds, shape, random)
    const after = await agreement(reward, fresh, shape)
    this.#comparisons = [...this.#comparisons, ...fresh]
    return {
      'reward/loss': loss,
      'reward/accuracy_before': before.accuracy,
      'reward/accuracy': after.accuracy,
      'reward/margin': after.margin,
      'reward/comparisons': this.#comparisons.length
    }
  }

  async #collect(random: Random): Promise<RankedAnswers[]> {
    const { recipe, prompts, rater, tokenizer } = this.start
    const { rounds } = rolloutSettings(recipe)
    if (!rounds) return []
    const numbers = Array.from({ length: rounds.prompts }, () => random.integer(prompts.length))
    const ranked = await collectRanked(
      this.plans.policy,
      numbers.map(number => ({ number, tokens: this.shape.asked[number]! })),
      rounds.completions,
      { ...this.shape.rollout, maxTokens: rounds.tokens, temperature: rounds.temperature },
      (number, answers) =>
        rater.rank(
          prompts[number]!,
          answers.map(({ response }) => decodeSpoken(tokenizer, response)),
          { noise: rounds.noise, random }
        ),
      random
    )
    return decidedOnly(ranked)
  }

  memory(): readonly StoredComparison[] {
    return this.#comparisons.map(({ answers, ranks }) => ({
      prompt: [...answers[0]!.prompt],
      responses: answers.map(({ response }) => [...response]),
      ended: answers.map(({ ended }) => ended),
      ranks
    }))
  }

  restore(comparisons: readonly StoredComparison[]): void {
    this.#comparisons = comparisons.map(({ prompt, responses, ended, ranks }) => {
      const tokens = Int32Array.from(prompt)
      return {
        answers: responses.map((response, i) => ({ prompt: tokens, response: Int32Array.from(response), ended: ended[i]! })),
        ranks
      }
    })
  }
}
