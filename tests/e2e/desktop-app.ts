/**
 * The desktop application for a test, in a home of its own: the built main process and preload, run by
 * the stand-in of `tests/standin`, or by real Electron with REAL_ELECTRON=1.
 *
 *   import { expect, test } from './desktop-app.ts'
 *   test('…', async ({ app, page }) => …)
 */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test as base, _electron, chromium, expect, type ElectronApplication, type Page } from '@playwright/test'
import type { Settings } from '../../electron/contract/system.ts'
import { newHome, plainSettings } from './lab-host.ts'
import { newWatch, type PageWatch } from './page-watch.ts'

const root = resolve(import.meta.dirname, '../..')
/** Whether the specs run on Electron itself. */
export const real = process.env['REAL_ELECTRON'] === '1'
const standIn = join(root, 'tests/standin', process.platform === 'win32' ? 'electron.cmd' : 'electron')

/** Path of the program that runs the application. */
export function program(): string {
  if (!real) return standIn
  const folder = join(root, 'node_modules/electron')
  return join(folder, 'dist', readFileSync(join(folder, 'path.txt'), 'utf8'))
}

/** Environment of an application in a home. */
export function environment(home: string): Record<string, string> {
  const { ELECTRON_RUN_AS_NODE: _, ...inherited } = process.env as Record<string, string>
  return { CHROMIUM: chromium.executablePath(), ...inherited, GPTLAB_HOME: home }
}

/** The page's address, and the name by which the stand-in's Chromium knows it. */
export const ownAddress = /^(app:\/\/lab|https:\/\/lab\.app\.invalid)\//

/** Starts the application in a home. */
export async function launch(home: string, watch: PageWatch): Promise<ElectronApplication> {
  const app = await _electron.launch({
    ...(real ? { chromiumSandbox: true } : { executablePath: standIn }),
    args: ['.'],
    cwd: root,
    env: environment(home)
  })
  app.windows().forEach(watch.see)
  app.on('window', watch.see)
  return app
}

export interface DesktopFixtures {
  /** Settings that the lab begins with. */
  settings: Partial<Settings>
  /** Folder of the application's lab. */
  home: string
  /** What the pages complained of and asked for; looked at when the test ends. */
  watch: PageWatch
  /** The application, started. */
  app: ElectronApplication
  /** Page of its first window, once it shows the lab. */
  page: Page
}

export const test = base.extend<DesktopFixtures>({
  settings: [{}, { option: true }],
  home: async ({ settings }, use) => {
    const home = newHome(settings)
    await use(home)
    rmSync(home, { recursive: true, force: true, maxRetries: 5 })
  },
  watch: async ({}, use) => {
    // The stand-in's Chromium knows the page's address by another name.
    const watch = newWatch(ownAddress)
    await use(watch)
    watch.check()
  },
  app: async ({ home, watch }, use) => {
    const app = await launch(home, watch)
    const child = app.process()
    await use(app)
    await end(child)
  },
  page: async ({ app }, use) => use(await shownPage(app))
})

interface Desktop {
  readonly home: string
  readonly watch: PageWatch
  readonly app: ElectronApplication
  readonly page: Page
}

/** The same for tests that leave the application as it was: one application for all of them. */
export const sharedTest = base.extend<Desktop, { desktop: Desktop }>({
  desktop: [
    async ({}, use) => {
      const home = newHome()
      const watch = newWatch(ownAddress)
      const app = await launch(home, watch)
      const child = app.process()
      await use({ home, watch, app, page: await shownPage(app) })
      await end(child)
      rmSync(home, { recursive: true, force: true, maxRetries: 5 })
    },
    { scope: 'worker', timeout: 120_000 }
  ],
  home: ({ desktop }, use) => use(desktop.home),
  app: ({ desktop }, use) => use(desktop.app),
  watch: async ({ desktop }, use) => {
    await use(desktop.watch)
    desktop.watch.check()
  },
  page: async ({ desktop, watch: _ }, use) => {
    await use(desktop.page)
    await desktop.page.evaluate(settings => window.lab.call('settings.set', settings).result, plainSettings)
  }
})

/** The page of the first window, once it shows the lab. */
export async function shownPage(app: ElectronApplication): Promise<Page> {
  const page = await app.firstWindow()
  await expect(page).toHaveURL(/#\/\w/, { timeout: 60_000 })
  await expect(page.getByRole('main')).toBeVisible()
  return page
}

/** Ends an application's process whatever it would ask. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

export { expect }
