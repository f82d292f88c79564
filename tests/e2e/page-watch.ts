/** What a page must never do: complain in its console, break, or ask for anything that is not on this machine. */
import { expect, type Page } from '@playwright/test'

export interface PageWatch {
  /** Errors of the console and uncaught ones. */
  readonly errors: string[]
  /** Addresses outside this machine that the page asked for, whether it got them or not. */
  readonly outside: string[]
  /** From now on, errors and addresses that match are expected (a connection that a test cuts, say). */
  expect(pattern: RegExp): void
  /** Watches one more page, from its first request on. */
  see(page: Page): void
  /** Fails when there was anything that nobody expected, and begins anew. */
  check(): void
}

/** Addresses that lead nowhere outside: this machine's, and the page's own memory. */
const here = /^((https?|wss?):\/\/127\.0\.0\.1[:/]|(data|blob|about):)/

/** Watches the pages that it is shown. */
export function newWatch(own = here): PageWatch {
  const errors: string[] = []
  const outside: string[] = []
  const expected: RegExp[] = []
  const surprises = (text: string) => !expected.some(pattern => pattern.test(text))
  const note = (error: string) => {
    if (surprises(error)) errors.push(error)
  }
  const look = (url: string) => {
    if (!own.test(url) && !here.test(url) && surprises(url)) outside.push(url)
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
    },
    check() {
      const seen = { outside: outside.splice(0), errors: errors.splice(0) }
      expected.length = 0
      expect(seen, 'pages ask for nothing outside this machine and have no errors in their consoles').toEqual({
        outside: [],
        errors: []
      })
    }
  }
}
