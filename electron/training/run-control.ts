/** What a person asks of a run while it goes on. */

/** `close`: the lab closes; the run keeps a checkpoint and is interrupted. */
export type Request = 'go' | 'pause' | 'stop' | 'close'

/** A switch between the lab and a training loop. The loop looks at it between two calls of the engine. */
export class RunControl {
  #request: Request = 'go'
  #wake: () => void = () => {}

  /** What was asked last; it may change whenever the loop waits. */
  asked(): Request {
    return this.#request
  }

  /** A run that is to stop or to close cannot be asked back. */
  ask(request: Request): void {
    if (this.#request === 'stop' || this.#request === 'close') return
    this.#request = request
    this.#wake()
  }

  /** Resolves when the request is no longer `pause`. */
  async untilWoken(): Promise<void> {
    while (this.#request === 'pause') await new Promise<void>(resolve => (this.#wake = resolve))
  }
}
