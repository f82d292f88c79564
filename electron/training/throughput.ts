/** Speed of a run, smoothed so that a person can read it. */

/** Tokens per second and seconds left; an exponential mean over about `window` seconds of training. */
export class Throughput {
  #rate = 0
  /** Share of the mean that is measured rather than start value; corrects the first readings as Adam does its moments. */
  #weight = 0

  constructor(readonly window = 5) {}

  /** Adds a call of `tokens` tokens that took `seconds`. */
  add(tokens: number, seconds: number): void {
    if (seconds <= 0) return
    const keep = Math.exp(-seconds / this.window)
    this.#rate = keep * this.#rate + (1 - keep) * (tokens / seconds)
    this.#weight = keep * this.#weight + (1 - keep)
  }

  /** Tokens per second; 0 before anything was measured. */
  get tokensPerSecond(): number {
    return this.#weight > 0 ? this.#rate / this.#weight : 0
  }

  /** Seconds that `tokens` more tokens will take; 0 before anything was measured. */
  secondsFor(tokens: number): number {
    const rate = this.tokensPerSecond
    return rate > 0 ? tokens / rate : 0
  }
}
