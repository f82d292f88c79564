/** The lab's end of a channel: checks every frame and every input, answers calls, pushes events. */
import * as v from 'valibot'
import { callInputs, type Method } from '../calls.ts'
import { failureOf, LabFailure, type Failure } from '../failure.ts'
import type { Handler, LabService } from '../handlers.ts'
import type { Channel } from './channel.ts'
import { crossing } from './crossing.ts'
import { PageFrameSchema, type LabFrame } from './frames.ts'

/** Calls that one page may have open at a time. */
const mostOpenCalls = 256

/**
 * Serves a lab over a channel until the returned function is called; open calls are then aborted.
 * A frame that is no frame is ignored: a page that sends such a thing has no call that waits for an answer.
 */
export function serveCalls(service: LabService, channel: Channel): () => void {
  const open = new Map<number, AbortController>()
  let closed = false

  function post(frame: LabFrame) {
    if (closed) return
    try {
      channel.post(frame)
    } catch {
      // The other side is gone; whoever owns the channel closes this end.
    }
  }

  async function answer(id: number, method: string, input: unknown) {
    const controller = new AbortController()
    try {
      if (open.has(id))
        throw new LabFailure(
          'call-repeated',
          `Expected a new number for the call ${method} but received ${id}, which is still open.`,
          { id }
        )
      if (open.size >= mostOpenCalls)
        throw new LabFailure('too-many-calls', `Expected at most ${mostOpenCalls} calls at a time. Wait until some have ended.`, {
          most: mostOpenCalls
        })
    } catch (error) {
      return post({ kind: 'error', id, failure: failureOf(error) })
    }
    open.set(id, controller)
    try {
      const handler = service.handlers[checkedMethod(method)] as Handler<Method>
      const value = await handler(checkedInput(method as Method, input) as never, {
        signal: controller.signal,
        progress: value => {
          if (open.get(id) === controller) post({ kind: 'progress', id, value: crossing(value, method) })
        }
      })
      controller.signal.throwIfAborted()
      post({ kind: 'result', id, value: crossing(value, method) })
    } catch (error) {
      post({ kind: 'error', id, failure: controller.signal.aborted ? cancelled : failureOf(error) })
    } finally {
      open.delete(id)
    }
  }

  const silence = channel.onMessage(received => {
    const parsed = v.safeParse(PageFrameSchema, received)
    if (closed || !parsed.success) return
    const frame = parsed.output
    if (frame.kind === 'cancel') open.get(frame.id)?.abort()
    else void answer(frame.id, frame.method, frame.input)
  })
  const unsubscribe = service.subscribe((event, payload) => post({ kind: 'push', event, payload: crossing(payload, event) }))

  return () => {
    closed = true
    silence()
    unsubscribe()
    for (const controller of open.values()) controller.abort()
    open.clear()
  }
}

const cancelled: Failure = { code: 'cancelled', message: 'The call was cancelled.', details: {} }

function checkedMethod(method: string): Method {
  if (Object.hasOwn(callInputs, method)) return method as Method
  throw new LabFailure('unknown-call', `Expected the name of a call but received ${JSON.stringify(method)}.`, { method })
}

/** An input that has passed its call's guard. @throws LabFailure `invalid-input` */
export function checkedInput(method: Method, input: unknown): unknown {
  const parsed = v.safeParse(callInputs[method] as v.GenericSchema, input, { abortEarly: true })
  if (parsed.success) return parsed.output
  const issue = parsed.issues[0]
  const place = [method, ...(issue.path ?? []).map(item => String(item.key))].join('.')
  const { expected, received } = issue
  throw new LabFailure('invalid-input', `Expected ${expected ?? issue.message} for ${place} but received ${received}.`, {
    place,
    expected: expected ?? issue.message,
    received
  })
}
