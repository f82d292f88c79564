/** Seconds of training, pauses left out. */
export class Stopwatch {
  #before: number
  #since: number | undefined = performance.now()

  constructor(secondsBefore: number) {
    this.#before = secondsBefore
  }

  get seconds(): number {
    return this.#before + (this.#since === undefined ? 0 : (performance.now() - this.#since) / 1000)
  }

  pause(): void {
    this.#before = this.seconds
    this.#since = undefined
  }

  resume(): void {
    this.#since = performance.now()
  }
}
