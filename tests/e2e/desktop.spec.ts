/** The desktop application begins and ends. */
import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { environment, expect, launch, program, shownPage, test } from './desktop-app.ts'

test('opens one window with the lab, at the page’s own address', async ({ app, page }) => {
  expect(app.windows()).toHaveLength(1)
  expect(await page.evaluate(() => window.lab.host)).toBe('electron')
  const [url, title] = await app.evaluate(({ BrowserWindow }) => {
    const [window] = BrowserWindow.getAllWindows()
    return [window!.webContents.getURL(), process.type]
  })
  expect(url).toMatch(/^app:\/\/lab\//)
  expect(title).toBe('browser')
})

test('a second start shows the window of the first and ends', async ({ app, page, home }) => {
  await app.evaluate(({ app, BrowserWindow }) => {
    BrowserWindow.getAllWindows()[0]!.minimize()
    app.on('second-instance', () => Object.assign(globalThis, { seconds: 1 }))
  })
  const second = spawn(program(), ['.'], { env: environment(home), stdio: 'inherit' })
  expect(await new Promise(resolve => second.once('exit', resolve))).toBe(0)
  await expect.poll(() => app.evaluate(() => (globalThis as { seconds?: number }).seconds)).toBe(1)
  expect(await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().map(window => window.isMinimized()))).toEqual([
    false
  ])
  await expect(page.getByRole('main')).toBeVisible()
})

test('the window comes back where it was, and onto a screen when that one has gone', async ({ home, watch }) => {
  const place = { x: 60, y: 50, width: 1120, height: 720 }
  const boundsOf = async (change?: typeof place) => {
    const app = await launch(home, watch)
    await shownPage(app)
    const bounds = await app.evaluate(({ BrowserWindow }, change) => {
      const [window] = BrowserWindow.getAllWindows()
      if (change) window!.setBounds(change)
      return window!.getNormalBounds()
    }, change)
    await app.close()
    return bounds
  }
  await boundsOf(place)
  expect(await boundsOf()).toEqual(place)
  const kept = join(home, 'window.json')
  writeFileSync(kept, JSON.stringify({ ...place, x: -9000, maximized: false }))
  const moved = await boundsOf()
  expect(moved.x).toBeGreaterThanOrEqual(0)
  expect(moved.width).toBe(place.width)
  expect(JSON.parse(readFileSync(kept, 'utf8'))).toEqual({ ...moved, maximized: false })
})

test('ends when its window is closed and nothing trains', async ({ app, page }) => {
  const child = app.process()
  await page.close()
  await expect.poll(() => child.exitCode).toBe(0)
})
