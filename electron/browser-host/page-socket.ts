/** The page's end of the WebSocket. Runs in the page: no Node here. */
import { LabFailure } from '../contract/failure.ts'
import { decodeFrame, encodeFrame } from '../contract/rpc/binary.ts'
import type { ReconnectingChannel } from '../contract/rpc/channel.ts'
import { connectionLostError } from '../contract/rpc/client.ts'

/** Milliseconds before the first try to connect again, and at most; doubled after each try in vain. */
const shortestWait = 100
const longestWait = 3000

/** Bytes of one message at most, the same as the host's own limit. */
const mostMessageBytes = 512 * 2 ** 20

/**
 * A channel over a WebSocket that is opened again when it is lost. What is posted before the first
 * connection waits for it; later, posting without a connection throws `connection-lost`. `close` ends it for good.
 */
export function socketToLab(url: string): ReconnectingChannel & { close(): void } {
  const listeners = new Set<(frame: unknown) => void>()
  const stateListeners = new Set<(connected: boolean) => void>()
  let socket: WebSocket
  let waiting: Uint8Array<ArrayBuffer>[] | null = []
  let wait = shortestWait
  let lost = false
  let retry: ReturnType<typeof setTimeout> | undefined
  let closed = false

  function connect() {
    socket = new WebSocket(url)
    socket.binaryType = 'arraybuffer'
    socket.onopen = () => {
      wait = shortestWait
      for (const message of waiting ?? []) socket.send(message)
      waiting = null
      if (lost) tell(true)
    }
    socket.onmessage = event => {
      const frame = decodeFrame(new Uint8Array(event.data as ArrayBuffer))
      for (const listener of [...listeners]) listener(frame)
    }
    socket.onclose = () => {
      if (!lost && !waiting) tell(false)
      if (closed) return
      retry = setTimeout(connect, wait)
      wait = Math.min(longestWait, wait * 2)
    }
  }

  function tell(connected: boolean) {
    lost = !connected
    for (const listener of [...stateListeners]) listener(connected)
  }

  connect()

  return {
    post(frame) {
      const message = encodeFrame(frame)
      if (message.byteLength > mostMessageBytes)
        throw new LabFailure(
          'message-too-large',
          `Expected at most ${mostMessageBytes / 2 ** 20} MiB in one message but received ${Math.ceil(message.byteLength / 2 ** 20)} MiB.`,
          {
            most: mostMessageBytes,
            bytes: message.byteLength
          }
        )
      if (waiting) waiting.push(message)
      else if (socket.readyState === WebSocket.OPEN) socket.send(message)
      else throw connectionLostError()
    },
    onMessage(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    onState(listener) {
      stateListeners.add(listener)
      return () => stateListeners.delete(listener)
    },
    close() {
      closed = true
      clearTimeout(retry)
      socket.close()
    }
  }
}
