/** Turns at the processor: several runs go on side by side, one call of the engine at a time. */

/** Does work when its turn has come. */
export type Turns = <T>(work: () => Promise<T>) => Promise<T>

/**
 * Makes a queue of turns. Each run asks anew for every call, so runs alternate every few dozen milliseconds
 * and the engine's threads never compete with each other.
 */
export function createTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve()
  return work => {
    const turn = last.then(work)
    last = turn.catch(() => {})
    return turn
  }
}
