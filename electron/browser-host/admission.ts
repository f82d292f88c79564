/** Who may talk to the browser host: a browser that opened the one-time link, and keeps its cookie. */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

export interface Admission {
  /** The token of the one-time link. */
  readonly token: string
  /** Takes a token: true once for the right one. */
  redeem(token: string): boolean
  /** A `Set-Cookie` value for a browser that is let in. */
  cookie(): string
  /** Whether the request carries a cookie that this home has given out. */
  knows(request: IncomingMessage): boolean
  /** Whether the request was really meant for this server: a rebound name, or a page of another site, is refused. */
  meantForUs(request: IncomingMessage, kind: 'page' | 'socket'): boolean
}

/**
 * @param secret the home's own key: a cookie stays good when the host is started again on the same port
 * @param port cookies do not tell ports apart, so the port is in the cookie's name
 */
export function admission(secret: Uint8Array, port: number): Admission {
  const token = randomBytes(32).toString('base64url')
  const name = `gptlab-${port}`
  const host = `127.0.0.1:${port}`
  let used = false
  const signed = (id: string) => `${id}.${createHmac('sha256', secret).update(`${name}.${id}`).digest('base64url')}`

  return {
    token,
    redeem(received) {
      if (used || !same(received, token)) return false
      used = true
      return true
    },
    cookie: () => `${name}=${signed(randomBytes(16).toString('base64url'))}; Path=/; HttpOnly; SameSite=Strict`,
    knows(request) {
      const value = cookies(request)[name]
      return value !== undefined && same(value, signed(value.split('.')[0]!))
    },
    meantForUs(request, kind) {
      const { origin } = request.headers
      if (request.headers.host !== host) return false
      if (kind === 'socket') return origin === `http://${host}`
      return origin === undefined || origin === `http://${host}`
    }
  }
}

/** Compares in a time that does not depend on where two texts differ. */
function same(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(one), digest(other))
}

function cookies(request: IncomingMessage): Record<string, string> {
  const pairs = (request.headers.cookie ?? '').split(';').map(pair => pair.split('='))
  return Object.fromEntries(pairs.filter(pair => pair.length === 2).map(([key, value]) => [key!.trim(), value!.trim()]))
}
