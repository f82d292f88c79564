/** `window.lab`: the only form in which the page sees the lab. Preload exposes it in Electron, the bridge script in a browser. */
import type { CallInput, CallOutputs, EventName, Events, Method, ProgressOf } from './calls.ts'
import type { Result } from './failure.ts'

export interface LabBridge {
  readonly host: 'electron' | 'browser'
  /** Starts a call. The result never rejects: a failure is data. `cancel` asks the lab to stop; the result is then the failure `cancelled`. */
  call<M extends Method>(
    method: M,
    input: CallInput<M>,
    onProgress?: (progress: ProgressOf<M>) => void
  ): { readonly result: Promise<Result<CallOutputs[M]>>; cancel(): void }
  /** Listens to an event; the returned function ends it. */
  on<E extends EventName>(event: E, listener: (payload: Events[E]) => void): () => void
  /** Says when the connection to the lab is lost and when it is back (a browser host that was restarted). In Electron it is always there. */
  onConnection(listener: (connected: boolean) => void): () => void
}

declare global {
  interface Window {
    readonly lab: LabBridge
  }
}
