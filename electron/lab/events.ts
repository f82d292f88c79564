/** Events of the lab and who listens to them. */
import type { EventName, Events } from '../contract/calls.ts'

export type Listener = <E extends EventName>(event: E, payload: Events[E]) => void

/** Passes events on to every listener; a listener that throws disturbs nobody. */
export class EventHub {
  #listeners = new Set<Listener>()

  emit<E extends EventName>(event: E, payload: Events[E]): void {
    for (const listener of this.#listeners)
      try {
        listener(event, payload)
      } catch (error) {
        console.error(error)
      }
  }

  /** The returned function ends it. */
  subscribe(listener: Listener): () => void {
    const own: Listener = (event, payload) => listener(event, payload)
    this.#listeners.add(own)
    return () => void this.#listeners.delete(own)
  }
}
