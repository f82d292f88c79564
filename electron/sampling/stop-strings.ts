/** Ends a streamed text where a stop string begins, also when it is spread over several tokens. */

/** Text that may be shown, and whether a stop string was met. */
export interface Released {
  readonly text: string
  readonly stopped: boolean
}

/** Holds text back while it could still become a stop string. */
export class StopStrings {
  readonly #stops: readonly string[]
  #held = ''
  #stopped = false

  constructor(stops: readonly string[]) {
    this.#stops = stops.filter(stop => stop.length > 0)
  }

  /** Adds a piece of text; gives what is now certain to stand before any stop string. */
  push(piece: string): Released {
    if (this.#stopped) return { text: '', stopped: true }
    this.#held += piece
    const found = this.#stops.map(stop => this.#held.indexOf(stop)).filter(at => at >= 0)
    if (found.length > 0) {
      this.#stopped = true
      return { text: this.#held.slice(0, Math.min(...found)), stopped: true }
    }
    const keep = this.#longestBeginning()
    const text = this.#held.slice(0, this.#held.length - keep)
    this.#held = this.#held.slice(this.#held.length - keep)
    return { text, stopped: false }
  }

  /** What was held back and became no stop string after all. */
  end(): string {
    return this.#stopped ? '' : this.#held
  }

  /** Length of the longest end of the held text that begins a stop string. */
  #longestBeginning(): number {
    let longest = 0
    for (const stop of this.#stops)
      for (let n = Math.min(stop.length - 1, this.#held.length); n > longest; n--)
        if (stop.startsWith(this.#held.slice(this.#held.length - n))) longest = n
    return longest
  }
}
