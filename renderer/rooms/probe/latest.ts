/** Asks one question at a time and, when it is answered, the newest of those that came meanwhile. */

/**
 * While a call is under way newer inputs replace each other; only the last is asked next. `accept`
 * gets every answer in order, with the input it belongs to, and decides whether it still fits.
 */
export function latestOnly<I, O>(
  ask: (input: I) => Promise<O>,
  accept: (output: O, input: I) => void,
  refuse: (error: unknown, input: I) => void
) {
  let busy = false
  let waiting: { readonly input: I } | undefined
  async function run(input: I): Promise<void> {
    busy = true
    try {
      accept(await ask(input), input)
    } catch (error) {
      refuse(error, input)
    } finally {
      busy = false
    }
    const next = waiting
    waiting = undefined
    if (next) await run(next.input)
  }
  return (input: I): void => {
    if (busy) waiting = { input }
    else void run(input)
  }
}
