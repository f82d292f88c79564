/** A Chromium without a window of its own, driven over the DevTools pipe. */
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { EventEmitter } from 'node:events'
import type { Readable, Writable } from 'node:stream'

type Answer = Record<string, unknown>
interface Waiting {
  resolve(answer: never): void
  reject(error: Error): void
}

/** Where a Chromium is: the same places that the page tests look in. */
export function chromiumPath(): string {
  const places = [
    process.env['CHROMIUM'],
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'
  ]
  const found = places.find(path => path && existsSync(path))
  if (!found) throw new Error('The stand-in found no Chromium. Set CHROMIUM to its path.')
  return found
}

/** One connection to a Chromium; events are emitted as `method` with (params, sessionId). */
export class Chromium extends EventEmitter {
  readonly #waiting = new Map<number, Waiting>()
  readonly #process: ChildProcess
  #lastId = 0
  #rest = ''

  constructor(profile: string, debugPort: string | undefined) {
    super()
    this.setMaxListeners(0)
    this.#process = spawn(
      chromiumPath(),
      [
        '--headless=new',
        '--remote-debugging-pipe',
        ...(debugPort === undefined ? [] : [`--remote-debugging-port=${debugPort}`]),
        `--user-data-dir=${profile}`,
        '--no-startup-window',
        '--no-first-run',
        '--no-default-browser-check',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--disable-gpu',
        '--disable-dev-shm-usage',
        '--password-store=basic',
        '--use-mock-keychain',
        '--force-color-profile=srgb',
        ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])
      ],
      { stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'] }
    )
    // Playwright looks for the line that says where DevTools listen.
    this.#process.stderr!.on('data', (text: Buffer) => String(text).includes('DevTools listening') && process.stderr.write(text))
    this.#process.once('exit', () => this.emit('gone'))
    ;(this.#process.stdio[4] as Readable).setEncoding('utf8').on('data', (text: string) => this.#hear(text))
    ;(this.#process.stdio[3] as Writable).on('error', () => {})
  }

  #hear(text: string) {
    const messages = (this.#rest + text).split('\0')
    this.#rest = messages.pop()!
    for (const message of messages) {
      const { id, method, params, sessionId, result, error } = JSON.parse(message) as Answer & {
        id?: number
        error?: { message: string }
      }
      if (id === undefined) this.emit(method as string, params, sessionId)
      else {
        const waiting = this.#waiting.get(id)
        this.#waiting.delete(id)
        if (error) waiting?.reject(new Error(error.message))
        else waiting?.resolve(result as never)
      }
    }
  }

  send<T = Answer>(method: string, params: object = {}, sessionId?: string): Promise<T> {
    const id = ++this.#lastId
    ;(this.#process.stdio[3] as Writable).write(JSON.stringify({ id, method, params, sessionId }) + '\0')
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }))
  }

  /** Ends it now; what it still had to say is lost. */
  kill(): void {
    this.#process.kill('SIGKILL')
  }
}
