/** The lab as the page uses it: typed calls whose failures are thrown, and events that end with their scope. */
import { getCurrentScope, onScopeDispose, toRaw } from 'vue'
import type { CallInput, CallOutputs, EventName, Events, Method, ProgressOf } from '../electron/contract/calls.ts'
import { unwrap } from '../electron/contract/failure.ts'

export interface CallOptions<M extends Method> {
  /** Cancels the call; it is then rejected with the failure `cancelled`. */
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: ProgressOf<M>) => void
}

type Inputless = { [M in Method]: undefined extends CallInput<M> ? M : never }[Method]

/** Calls the lab. @throws LabFailure what the lab answered instead of a value */
export async function call<M extends Inputless>(method: M): Promise<CallOutputs[M]>
export async function call<M extends Method>(method: M, input: CallInput<M>, options?: CallOptions<M>): Promise<CallOutputs[M]>
export async function call<M extends Method>(
  method: M,
  input?: CallInput<M>,
  { signal, onProgress }: CallOptions<M> = {}
): Promise<CallOutputs[M]> {
  const running = window.lab.call(method, plain(input) as CallInput<M>, onProgress)
  const cancel = () => running.cancel()
  if (signal?.aborted) cancel()
  signal?.addEventListener('abort', cancel)
  try {
    return unwrap(await running.result)
  } finally {
    signal?.removeEventListener('abort', cancel)
  }
}

/** Listens to an event until the surrounding scope (component, store) ends or the returned function is called. */
export function on<E extends EventName>(event: E, listener: (payload: Events[E]) => void): () => void {
  return released(window.lab.on(event, listener))
}

/** Says when the connection is lost and when it is back, until the surrounding scope ends. */
export function onConnection(listener: (connected: boolean) => void): () => void {
  return released(window.lab.onConnection(listener))
}

function released(release: () => void): () => void {
  if (getCurrentScope()) onScopeDispose(release)
  return release
}

/** The value without Vue's proxies, which no transport can carry. Typed arrays stay as they are. */
export function plain<T>(value: T): T {
  const raw = toRaw(value)
  if (raw === null || typeof raw !== 'object' || ArrayBuffer.isView(raw)) return raw
  if (Array.isArray(raw)) return raw.map(plain) as T
  return Object.fromEntries(Object.entries(raw).map(([key, inner]) => [key, plain(inner)])) as T
}
