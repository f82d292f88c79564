/** A session in its worker, as the main thread sees it. */
import { Worker } from 'node:worker_threads'
import { LabFailure, unwrap } from '../contract/failure.ts'
import type { ExportRequest } from './exported-file.ts'
import type { DecodedToken, InferenceSession } from './inference.ts'
import type { FromWorker, SessionCall, SessionCalls, SessionRequest, ToWorker } from './session-messages.ts'
import { workerFile } from './worker-file.ts'

/** A call that waits for its answer. */
interface Waiting {
  resolve(value: SessionCalls[SessionCall]['output']): void
  reject(error: unknown): void
  readonly onToken?: (token: DecodedToken) => void
}

/** Calls to one worker, answered in any order. */
class WorkerCalls {
  readonly #worker = new Worker(workerFile())
  readonly #waiting = new Map<number, Waiting>()
  readonly #ended: Promise<void>
  #last = 0
  #gone: LabFailure | undefined

  constructor() {
    this.#worker.on('message', (message: FromWorker) => this.#receive(message))
    this.#worker.on('error', error => this.#end(error.message))
    this.#ended = new Promise(resolve =>
      this.#worker.on('exit', code => {
        this.#end(`its thread ended with code ${code}`)
        resolve()
      })
    )
  }

  call<C extends SessionCall>(
    kind: C,
    input: SessionCalls[C]['input'],
    { onToken, signal }: { onToken?: (token: DecodedToken) => void; signal?: AbortSignal } = {}
  ): Promise<SessionCalls[C]['output']> {
    if (this.#gone) return Promise.reject(this.#gone)
    const id = ++this.#last
    const cancel = () => this.#post({ kind: 'cancel', id })
    const answer = new Promise<SessionCalls[C]['output']>((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as Waiting['resolve'], reject, ...(onToken && { onToken }) })
      this.#post({ kind, id, input } as ToWorker)
      if (signal?.aborted) cancel()
      else signal?.addEventListener('abort', cancel)
    })
    return answer.finally(() => signal?.removeEventListener('abort', cancel))
  }

  /** Takes no more calls, ends the running ones and waits until the worker has ended. */
  async close(): Promise<void> {
    const closing = this.call('close', null)
    this.#gone ??= new LabFailure('session-closed', 'This model has been closed. Open it again.')
    // A model that could not be opened has nothing to free; its worker ends all the same.
    await closing.catch(() => {})
    await this.#ended
  }

  #post(message: ToWorker): void {
    this.#worker.postMessage(message)
  }

  #receive(message: FromWorker): void {
    const waiting = this.#waiting.get(message.id)
    if (!waiting) return
    if (message.kind === 'tokens') {
      if (waiting.onToken) message.tokens.forEach(waiting.onToken)
      return
    }
    this.#waiting.delete(message.id)
    try {
      waiting.resolve(unwrap(message.result))
    } catch (error) {
      waiting.reject(error)
    }
  }

  /** A worker that is gone answers nothing more. */
  #end(reason: string): void {
    this.#gone ??= new LabFailure('session-failed', `The model's session has ended: ${reason}. Open the model again.`, { reason })
    for (const { reject } of this.#waiting.values()) reject(this.#gone)
    this.#waiting.clear()
  }
}

/**
 * Opens a model in a worker of its own.
 * @throws LabFailure `session-failed`, and those of the exporter and of the readers
 */
export async function openOnnxSession(request: SessionRequest): Promise<InferenceSession> {
  const calls = new WorkerCalls()
  const { inspectable, ...opened } = await calls.call('open', request).catch(async (error: unknown) => {
    await calls.close()
    throw error
  })
  return {
    ...opened,
    ...(inspectable && { inspect: (tokens: Int32Array) => calls.call('inspect', tokens) }),
    next: tokens => calls.call('next', tokens),
    decode: (decode, onToken, signal) => calls.call('decode', decode, { onToken, signal }),
    close: () => calls.close()
  }
}

/**
 * Writes an ONNX file in a worker, since it takes a while and the event loop stays free.
 * @throws LabFailure of the exporter and of the safetensors reader
 */
export async function exportInWorker(request: ExportRequest): Promise<void> {
  const calls = new WorkerCalls()
  try {
    await calls.call('export', request)
  } finally {
    await calls.close()
  }
}
