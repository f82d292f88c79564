/** The lab's end of one WebSocket. */
import type { WebSocket } from 'ws'
import { decodeFrame, encodeFrame } from '../contract/rpc/binary.ts'
import type { Channel } from '../contract/rpc/channel.ts'

/** Bytes that may wait to be read before progress and events are left out. */
export const mostWaitingBytes = 4 * 2 ** 20

/**
 * A channel over a socket. A page that reads too slowly loses progress and events, never answers; when
 * it has caught up it is told so by one `gap` frame, and reads anew what it shows.
 */
export function socketChannel(socket: WebSocket, mostWaiting = mostWaitingBytes): Channel {
  const listeners = new Set<(frame: unknown) => void>()
  let leftOut = false

  socket.on('message', (data, isBinary) => {
    let frame: unknown
    try {
      if (!isBinary) throw new Error('text')
      frame = decodeFrame(data as Buffer)
    } catch {
      return socket.close(1002, 'damaged message')
    }
    for (const listener of [...listeners]) listener(frame)
  })

  /** Sends, and says that something was left out once everything that waited has gone. */
  const send = (frame: unknown) =>
    socket.send(encodeFrame(frame), () => {
      if (!leftOut || socket.bufferedAmount > mostWaiting / 2 || socket.readyState !== socket.OPEN) return
      leftOut = false
      socket.send(encodeFrame({ kind: 'gap' }))
    })

  return {
    post(frame) {
      const { kind } = frame as { kind: string }
      const lossy = kind === 'progress' || kind === 'push'
      if (lossy && socket.bufferedAmount > mostWaiting) leftOut = true
      else send(frame)
    },
    onMessage(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    }
  }
}
