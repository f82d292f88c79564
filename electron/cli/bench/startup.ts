/**
 * `gptlab bench startup`: from the command to the first page that answers, and from the command to the
 * first distribution on the screen. Every run is a process of its own in a home of its own; the page is
 * shown in a browser that runs already, with a fresh profile.
 */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import type * as Playwright from '@playwright/test'
import { LabFailure } from '../../contract/failure.ts'
import { style } from '../terminal.ts'
import type { BenchOptions, Measured } from './measured.ts'

/** Milliseconds of several runs. */
interface Times {
  readonly median: number
  readonly runs: readonly number[]
}

const program = process.argv[1]!
const prompt = "Shall I compare thee to a summer's d"

/** By a variable, since a development dependency must be loaded as it is, not bundled. */
const playwright = '@playwright/test'

/** A Chromium: $CHROMIUM, the system's, or Playwright's own. @throws LabFailure `browser-missing` */
async function openBrowser(): Promise<Playwright.Browser> {
  try {
    const { chromium } = (await import(/* @vite-ignore */ playwright)) as typeof Playwright
    return await chromium.launch({
      executablePath: [process.env['CHROMIUM'], '/usr/bin/chromium'].find(path => path && existsSync(path)),
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : []
    })
  } catch (error) {
    throw new LabFailure(
      'browser-missing',
      `This benchmark shows the page in Chromium, which could not be started (${(error as Error).message.split('\n')[0]}). Set CHROMIUM to its path.`,
      { reason: (error as Error).message }
    )
  }
}

async function inNewHome<T>(work: (environment: NodeJS.ProcessEnv) => Promise<T>): Promise<T> {
  const home = await mkdtemp(join(tmpdir(), 'gptlab-startup-'))
  try {
    return await work({ ...process.env, GPTLAB_HOME: home })
  } finally {
    await rm(home, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** One cold start: until the link is printed, and until the page shows its room and the lab has answered it. */
const startHost = (browser: Playwright.Browser) =>
  inNewHome(async env => {
    const start = performance.now()
    const host = spawn(process.execPath, [program, 'serve', '--json'], { env, stdio: ['ignore', 'pipe', 'inherit'] })
    const context = await browser.newContext()
    try {
      const [line] = (await once(createInterface({ input: host.stdout }), 'line')) as [string]
      const served = performance.now() - start
      const page = await context.newPage()
      await page.goto((JSON.parse(line) as { url: string }).url)
      await page.locator('main h2, main textarea, main [contenteditable]').first().waitFor()
      await page.evaluate(() => window.lab.call('system.describe', undefined).result)
      return { served, interactive: performance.now() - start }
    } finally {
      await context.close()
      const gone = once(host, 'exit')
      host.kill()
      await gone
    }
  })

/** One `gptlab probs` with the first model that there is; undefined when there is none. */
const runProbs = () =>
  inNewHome(async env => {
    const run = promisify(execFile)
    const listed = await run(process.execPath, [program, 'models', '--json'], { env })
    const { models } = JSON.parse(listed.stdout) as { models: readonly { readonly name: string }[] }
    const [model] = models
    if (!model) return undefined
    const start = performance.now()
    await run(process.execPath, [program, 'probs', '--model', model.name, '--prompt', prompt, '--json'], { env })
    return performance.now() - start
  })

function timesOf(runs: readonly number[]): Times {
  const sorted = [...runs].sort((a, b) => a - b)
  return { median: sorted[Math.floor((sorted.length - 1) / 2)]!, runs }
}

/** @throws LabFailure `browser-missing` */
export async function measureStartup({ quick }: BenchOptions, note: (text: string) => void): Promise<Measured> {
  const count = quick ? 3 : 7
  const starts: { served: number; interactive: number }[] = []
  const distributions: number[] = []
  const browser = await openBrowser()
  try {
    for (let run = 1; run <= count; run++) {
      note(`start ${run} of ${count}`)
      starts.push(await startHost(browser))
    }
  } finally {
    await browser.close()
  }
  for (let run = 1; run <= count; run++) {
    note(`gptlab probs ${run} of ${count}`)
    const milliseconds = await runProbs()
    if (milliseconds !== undefined) distributions.push(milliseconds)
  }
  const served = timesOf(starts.map(start => start.served))
  const interactive = timesOf(starts.map(start => start.interactive))
  const probs = distributions.length > 0 ? timesOf(distributions) : undefined
  const line = (name: string, { median, runs }: Times) =>
    `${style.strong(name)} ${Math.round(median)} ms (median of ${runs.length}; ${Math.round(Math.min(...runs))} to ${Math.round(Math.max(...runs))})`
  return {
    ok: true,
    result: { served, interactive, ...(probs && { probs }) },
    text: [
      line('Browser host, until its link is printed:', served),
      line('Browser host, until the page answers:', interactive),
      probs ? line('gptlab probs, until it has ended:', probs) : 'gptlab probs: no model to measure.'
    ].join('\n')
  }
}
