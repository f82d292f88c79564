/** What carries frames between a page and the lab: an Electron message port, a WebSocket, a pair in a test. */
export interface Channel {
  /** Sends one frame. Throws when the other side cannot be reached. */
  post(frame: unknown): void
  /** Hears every frame of the other side; the returned function ends it. */
  onMessage(listener: (frame: unknown) => void): () => void
}

/** A channel that can be lost and found again, as a page's WebSocket to a lab that restarts. */
export interface ReconnectingChannel extends Channel {
  /** `false` when the connection is lost, `true` when it is back; not said for the first connection. */
  onState(listener: (connected: boolean) => void): () => void
}

/** Two ends that hear each other, each after the sender's turn has ended. Every frame is cloned on its way. */
export function channelPair(): [Channel, Channel] {
  const ends = [0, 1].map(() => new Set<(frame: unknown) => void>())
  const end = (own: number): Channel => ({
    post(frame) {
      const copy = structuredClone(frame)
      queueMicrotask(() => ends[1 - own]!.forEach(listener => listener(copy)))
    },
    onMessage(listener) {
      ends[own]!.add(listener)
      return () => ends[own]!.delete(listener)
    }
  })
  return [end(0), end(1)]
}
