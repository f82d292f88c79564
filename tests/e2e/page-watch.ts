/** What a page must never do: complain in its console, break, or ask for anything that is not on this machine. */
import type { Page } from '@playwright/test'

export interface PageWatch {
  /** Errors of the console and uncaught ones. */
  readonly errors: string[]
  /** Addresses outside this machine that the page asked for, whether it got them or not. */
  readonly outside: string[]
  /** From now on, errors that match are expected (a connection that a test cuts, say). */
  expect(error: RegExp): void
  /** Watches one more page, from its first request on. */
  see(page: Page): void
}

/** Addresses that lead nowhere outside: this machine's, and the page's own memory. */
const isHere = (url: string) => /^((https?|wss?):\/\/127\.0\.0\.1[:/]|(data|blob|about):)/.test(url)

/** Watches the pages that it is shown. */
export function newWatch(): PageWatch {
  const errors: string[] = []
  const outside: string[] = []
  const expected: RegExp[] = []
  const note = (error: string) => {
    if (!expected.some(pattern => pattern.test(error))) errors.push(error)
  }
  const look = (url: string) => {
    if (!isHere(url)) outside.push(url)
  }
  return {
    errors,
    outside,
    expect: pattern => void expected.push(pattern),
    see(page) {
      page.on('console', message => {
        if (message.type() === 'error') note(`${message.text()} (${message.location().url})`)
      })
      page.on('pageerror', error => note(String(error.stack ?? error)))
      page.on('request', request => look(request.url()))
      page.on('websocket', socket => look(socket.url()))
    }
  }
}
