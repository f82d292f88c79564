/** What can go wrong with rollouts, under a name of its own each: training on would only waste time. */
import { LabFailure } from '../contract/failure.ts'
import { positions } from './advantages.ts'
import type { RolloutFigures } from './policy-metrics.ts'
import type { Rollout } from './rollouts.ts'

/** Iterations in a row that a fault must last. */
const patience = 3
/** Deviation of the scores below which they say nothing. */
const flat = 1e-4
/** Share of answers that are none, at which there is nothing to learn from. */
const mostAnswerless = 0.9
/** log π − log π_ref, nats a token, beyond which the policy has nothing left of the reference. */
const mostDivergence = 10

export interface HealthState {
  /** Iterations in a row with scores that are all alike, and with hardly an answer. */
  readonly flat: number
  readonly answerless: number
}

export class RolloutHealth {
  #state: HealthState

  constructor(state: HealthState = { flat: 0, answerless: 0 }) {
    this.#state = state
  }

  state(): HealthState {
    return this.#state
  }

  /**
   * Looks at an iteration's rollouts before anything is learned from them.
   * @throws LabFailure `rollouts-answerless`, `reward-collapsed`, `kl-exploded`
   */
  check(rollouts: readonly Rollout[], { packed, kl, scores }: RolloutFigures): void {
    const answerless = rollouts.filter(({ response, ended }) => !ended || response.length <= 1).length / rollouts.length
    const deviation = deviationOf(scores)
    this.#state = {
      flat: deviation < flat ? this.#state.flat + 1 : 0,
      answerless: answerless > mostAnswerless ? this.#state.answerless + 1 : 0
    }
    if (this.#state.answerless >= patience)
      throw new LabFailure(
        'rollouts-answerless',
        `Expected answers but for ${patience} iterations ${Math.round(100 * answerless)} % of the rollouts were empty or did not end. Start from a model that answers (supervised fine-tuning), or allow more tokens.`,
        { share: Math.round(100 * answerless) }
      )
    if (!Number.isFinite(deviation) || this.#state.flat >= patience)
      throw new LabFailure(
        'reward-collapsed',
        `Expected the reward model to tell answers apart but for ${patience} iterations it has given all of them the same score. Train it longer, on comparisons of answers like these.`,
        { deviation }
      )
    let divergence = 0
    let tokens = 0
    for (const at of positions(packed.shape)) {
      divergence += kl[at]!
      tokens++
    }
    if (!(Math.abs(divergence / tokens) <= mostDivergence))
      throw new LabFailure(
        'kl-exploded',
        `Expected the policy to stay near the model it started from but it has gone ${(divergence / tokens).toFixed(1)} nats a token from it. Choose a larger beta or a smaller learning rate.`,
        { divergence: divergence / tokens, most: mostDivergence }
      )
  }
}

function deviationOf(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)
}
