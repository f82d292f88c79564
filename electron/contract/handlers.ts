/** What the lab gives a transport: one handler a call, and its events. */
import type { CallInput, CallOutputs, EventName, Events, Method, ProgressOf } from './calls.ts'

export interface CallContext<M extends Method> {
  readonly signal: AbortSignal
  progress(value: ProgressOf<M>): void
}

/** Answers a call; throws `LabFailure` for what a user may read. Inputs have passed their guard. */
export type Handler<M extends Method> = (input: CallInput<M>, context: CallContext<M>) => Promise<CallOutputs[M]> | CallOutputs[M]
export type Handlers = { readonly [M in Method]: Handler<M> }

/** The lab as a transport sees it. */
export interface LabService {
  readonly handlers: Handlers
  /** Listens to all events; the returned function ends it. */
  subscribe(listener: <E extends EventName>(event: E, payload: Events[E]) => void): () => void
}

/** What the lab asks of its host: dialogs and the file manager. */
export interface HostPort {
  readonly host: 'electron' | 'browser' | 'cli'
  /** A folder the person chose, null when closed, undefined when the host has no dialogs. */
  chooseFolder(purpose: 'import' | 'export', name: string): Promise<string | null | undefined>
  /** Shows a path in the file manager; false where there is none. */
  reveal(path: string): Promise<boolean>
}
