/** The native trainer, loaded when it is first needed. */
import { availableParallelism } from 'node:os'
import { failureOf } from '../contract/failure.ts'
import type { EngineDescription } from '../contract/system.ts'
import { loadEngine } from '../engine/engine.ts'
import type { Engine } from '../engine/plan.ts'

/** Loads the engine once and remembers why it could not be loaded. */
export class EngineAccess {
  #loaded: { readonly engine: Engine } | { readonly error: unknown } | undefined

  /**
   * @throws LabFailure `engine-missing` and others of `loadEngine`: what is missing and what to install
   */
  get(): Engine {
    this.#loaded ??= this.#load()
    if ('error' in this.#loaded) throw this.#loaded.error
    return this.#loaded.engine
  }

  #load(): { readonly engine: Engine } | { readonly error: unknown } {
    try {
      return { engine: loadEngine() }
    } catch (error) {
      return { error }
    }
  }

  /** Threads that a plan gets: the person's choice, else one for each physical core. */
  threads(chosen: number): number {
    if (chosen > 0) return chosen
    try {
      return this.get().cores
    } catch {
      return availableParallelism()
    }
  }

  describe(chosenThreads: number): EngineDescription {
    const threads = this.threads(chosenThreads)
    try {
      const { simd, simds } = this.get()
      return { available: true, simd, simds, threads }
    } catch (error) {
      return { available: false, threads, problem: failureOf(error).message }
    }
  }
}
