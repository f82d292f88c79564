/**
 * A lab of one's own for a test: the built browser host (`gptlab serve`) in a temporary home, and its
 * page, opened by the one-time link. The test fails when the page complains in its console or asks for
 * anything outside this machine.
 *
 *   import { expect, test } from './lab-host.ts'
 *   test('…', async ({ page, host, watch }) => { … await host.restart() … })
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, test as base } from '@playwright/test'
import type { Settings } from '../../electron/contract/system.ts'
import { newWatch, type PageWatch } from './page-watch.ts'

const program = resolve(import.meta.dirname, '../../out/main/gptlab.js')

/** The browser host as a process of its own. */
export class LabHost {
  #process: ChildProcess | undefined
  #url = ''

  /** @param home folder of its lab, kept from one start to the next */
  constructor(
    readonly home: string,
    private readonly environment: NodeJS.ProcessEnv = {}
  ) {}

  /** The newest one-time link. */
  get url(): string {
    return this.#url
  }
  get port(): number {
    return Number(new URL(this.#url).port)
  }
  get pid(): number {
    return this.#process!.pid!
  }

  /** Starts it, on the port it had before where that is free. */
  async start(): Promise<void> {
    const child = spawn(process.execPath, [program, 'serve', '--json'], {
      env: { ...process.env, GPTLAB_HOME: this.home, CI: '1', ...this.environment },
      stdio: ['ignore', 'pipe', 'inherit']
    })
    this.#process = child
    const line = await Promise.race([
      once(createInterface({ input: child.stdout! }), 'line').then(([text]) => String(text)),
      once(child, 'exit').then(([code]) => Promise.reject(new Error(`gptlab serve ended with code ${code} before it served.`)))
    ])
    this.#url = (JSON.parse(line) as { url: string }).url
  }

  /** Ends it as Ctrl-C does: runs keep a checkpoint. */
  stop = () => this.#end('SIGTERM')
  /** Ends it at once, as a power cut does. */
  kill = () => this.#end('SIGKILL')
  /** Stops it and starts it again in the same home, on the same port. */
  async restart(): Promise<void> {
    await this.stop()
    await this.start()
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process
    this.#process = undefined
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }
}

/** Settings that tests begin with, so that none depends on the machine's language. */
export const plainSettings = { language: 'en', theme: 'light', present: false } as const satisfies Partial<Settings>

/** A temporary home with these settings. */
export function newHome(settings: Partial<Settings> = {}): string {
  const home = mkdtempSync(join(tmpdir(), 'gptlab-e2e-'))
  writeFileSync(join(home, 'settings.json'), JSON.stringify({ ...plainSettings, ...settings }))
  return home
}

export interface LabFixtures {
  /** Settings that the lab begins with; `test.use({ settings: { language: 'zh-CN' } })`. */
  settings: Partial<Settings>
  /** The browser host, started. */
  host: LabHost
  /** What the pages complained of and asked for; looked at when the test ends. */
  watch: PageWatch
}

export const test = base.extend<LabFixtures>({
  settings: [{}, { option: true }],
  host: async ({ settings }, use) => {
    const host = new LabHost(newHome(settings))
    await host.start()
    await use(host)
    await host.stop()
    rmSync(host.home, { recursive: true, force: true, maxRetries: 5 })
  },
  watch: async ({ context }, use) => {
    const watch = newWatch()
    context.on('page', opened => watch.see(opened))
    await use(watch)
  },
  page: async ({ page, host, watch }, use) => {
    await page.goto(host.url)
    // The first room has an address of its own once the page is at home in it.
    await expect(page).toHaveURL(/#\/\w/)
    await expect(page.getByRole('main')).toBeVisible()
    await use(page)
    watch.check()
  }
})

/** Errors that a page cannot help while its host is away. */
export const connectionLost = /WebSocket connection to 'ws:\/\/127\.0\.0\.1|ERR_CONNECTION_(REFUSED|RESET)/

export { expect }
