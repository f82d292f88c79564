/** The page's end of a channel: the bridge that the page knows as `window.lab`. */
import * as v from 'valibot'
import type { LabBridge } from '../bridge.ts'
import type { CallInput, CallOutputs, EventName, Events, Method, ProgressOf } from '../calls.ts'
import { failureOf, LabFailure, type Failure, type Result } from '../failure.ts'
import type { Channel, ReconnectingChannel } from './channel.ts'
import { crossing } from './crossing.ts'
import { LabFrameSchema, type LabFrame, type PageFrame } from './frames.ts'

interface OpenCall {
  end(result: Result<never>): void
  progress(value: never): void
}

/** The bridge over a channel. On a channel that can be lost, open calls end as the failure `connection-lost`; none is sent again by itself. */
export function labBridge(host: LabBridge['host'], channel: Channel | ReconnectingChannel): LabBridge {
  const open = new Map<number, OpenCall>()
  const listeners = new Map<EventName, Set<(payload: never) => void>>()
  const connectionListeners = new Set<(connected: boolean) => void>()
  let lastId = 0

  channel.onMessage(received => {
    const parsed = v.safeParse(LabFrameSchema, received)
    if (parsed.success) hear(parsed.output)
  })
  if ('onState' in channel)
    channel.onState(connected => {
      if (!connected) for (const id of [...open.keys()]) end(id, { ok: false, failure: connectionLost })
      for (const listener of [...connectionListeners]) listener(connected)
    })

  function hear(frame: LabFrame) {
    switch (frame.kind) {
      case 'progress':
        return open.get(frame.id)?.progress(frame.value as never)
      case 'result':
        return end(frame.id, { ok: true, value: frame.value as never })
      case 'error':
        return end(frame.id, { ok: false, failure: frame.failure })
      case 'push':
        for (const listener of [...(listeners.get(frame.event) ?? [])]) listener(frame.payload as never)
        return
      case 'gap':
        // To the page this is a connection that is back: it reads anew what it shows.
        for (const listener of [...connectionListeners]) listener(true)
    }
  }

  function end(id: number, result: Result<never>) {
    const call = open.get(id)
    open.delete(id)
    call?.end(result)
  }

  const post = (frame: PageFrame) => channel.post(frame)

  return {
    host,
    call<M extends Method>(method: M, input: CallInput<M>, onProgress?: (progress: ProgressOf<M>) => void) {
      const id = ++lastId
      const result = new Promise<Result<CallOutputs[M]>>(resolve => {
        open.set(id, { end: resolve, progress: value => onProgress?.(value) })
        try {
          post({ kind: 'req', id, method, input: crossing(input, method) })
        } catch (error) {
          end(id, { ok: false, failure: failureOf(error) })
        }
      })
      return {
        result,
        cancel() {
          if (!open.has(id)) return
          try {
            post({ kind: 'cancel', id })
          } catch (error) {
            end(id, { ok: false, failure: failureOf(error) })
          }
        }
      }
    },
    on<E extends EventName>(event: E, listener: (payload: Events[E]) => void) {
      const set = listeners.get(event) ?? new Set()
      listeners.set(event, set)
      // A wrapper of its own, so that one listener added twice is ended twice.
      const entry = (payload: never) => listener(payload)
      set.add(entry)
      return () => void set.delete(entry)
    },
    onConnection(listener) {
      const entry = (connected: boolean) => listener(connected)
      connectionListeners.add(entry)
      return () => void connectionListeners.delete(entry)
    }
  }
}

/** Why a call ended when the lab could not be reached any more. */
export const connectionLost: Failure = {
  code: 'connection-lost',
  message: 'The connection to the lab was lost before it answered. The page connects again by itself; then do it again.',
  details: {}
}

/** The same as an error, for channels to throw. */
export const connectionLostError = () => new LabFailure(connectionLost.code, connectionLost.message)
