/** Where the time of an iteration of PPO or GRPO goes. */
type Part = 'round' | 'rollout' | 'scoring' | 'update'

export class IterationClock {
  readonly #seconds: Record<Part, number> = { round: 0, rollout: 0, scoring: 0, update: 0 }

  async during<T>(part: Part, work: () => Promise<T>): Promise<T> {
    const since = performance.now()
    try {
      return await work()
    } finally {
      this.#seconds[part] += (performance.now() - since) / 1000
    }
  }

  /** @param tokens drawn */
  metrics(tokens: number): Record<string, number> {
    const { rollout, scoring, update, round } = this.#seconds
    return {
      'time/rollout': rollout,
      'time/scoring': scoring,
      'time/update': update,
      ...(round > 0.001 && { 'time/round': round }),
      'time/rollout_tokens_per_second': tokens / rollout
    }
  }
}
