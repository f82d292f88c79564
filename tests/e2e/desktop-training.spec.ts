/** Runs belong to the lab, not to the window: closing, quitting, reloading, sleeping. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { ElectronApplication, Page } from '@playwright/test'
import { endless, startRun, stepsOf } from './a-run.ts'
import { end, expect, launch, shownPage, test } from './desktop-app.ts'

/** Answers every question of the application with the button of that number, until told otherwise; `questions` gives what it asked. */
function answer(app: ElectronApplication, button: number): Promise<void> {
  return app.evaluate(({ dialog }, response) => {
    const asked = ((globalThis as { asked?: unknown[] }).asked ??= [])
    dialog.showMessageBox = (async (...words: unknown[]) => {
      asked.push(words.at(-1))
      return { response, checkboxChecked: false }
    }) as typeof dialog.showMessageBox
  }, button)
}
const questions = (app: ElectronApplication) =>
  app.evaluate(() => (globalThis as { asked?: { message: string; buttons: string[] }[] }).asked ?? [])

const closeWindow = (app: ElectronApplication) => app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.close())
const windowCount = (app: ElectronApplication) => app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)
const isAwake = (app: ElectronApplication) =>
  app.evaluate(({ powerSaveBlocker }) => Array.from({ length: 16 }, (_, id) => powerSaveBlocker.isStarted(id)).includes(true))

/** Shows the run in the page and waits for its curve. */
async function expectCurve(page: Page, run: string): Promise<void> {
  await page.evaluate(run => void (location.hash = `#/training/${run}`), run)
  await expect(page.getByRole('img', { name: /loss/i }).first()).toBeVisible()
}

test('the machine stays awake as long as a run trains', async ({ app, page }) => {
  expect(await isAwake(app)).toBe(false)
  const run = await startRun(page, endless)
  await expect.poll(() => isAwake(app)).toBe(true)
  await page.evaluate(run => window.lab.call('runs.pause', { run }).result, run)
  await expect.poll(() => isAwake(app)).toBe(false)
  await page.evaluate(run => window.lab.call('runs.resume', { run }).result, run)
  await expect.poll(() => isAwake(app)).toBe(true)
  await page.evaluate(run => window.lab.call('runs.stop', { run }).result, run)
  await expect.poll(() => isAwake(app)).toBe(false)
})

test('a reloaded window shows the run with its whole curve', async ({ page }) => {
  const run = await startRun(page, endless)
  await expectCurve(page, run)
  const before = await stepsOf(page, run)
  await page.reload()
  await expectCurve(page, run)
  await expect.poll(async () => (await stepsOf(page, run)).at(-1)).toBeGreaterThan(before.at(-1)!)
  const after = await stepsOf(page, run)
  expect(after.slice(0, before.length)).toEqual(before)
})

test('closing the window while a run trains asks, and the run goes on behind it', async ({ app, page }) => {
  test.skip(process.platform === 'darwin', 'On macOS an application outlives its windows without a question.')
  const run = await startRun(page, endless)
  const before = await stepsOf(page, run)

  // Cancelled: everything stays.
  await answer(app, 2)
  await closeWindow(app)
  await expect.poll(() => questions(app)).toHaveLength(1)
  expect((await questions(app))[0]).toMatchObject({
    message: 'A run is still training',
    buttons: ['Train in the Background', 'Keep Checkpoint and Quit', 'Cancel']
  })
  expect(await windowCount(app)).toBe(1)

  // In the background: the window goes, the run stays, and a second start brings it back with its curve.
  await answer(app, 0)
  await closeWindow(app)
  await expect.poll(() => windowCount(app)).toBe(0)
  const opened = app.waitForEvent('window')
  await app.evaluate(({ app }) => app.emit('second-instance', {} as never, [], '', {}))
  const again = await opened
  // A room stands: before that the address is still the router's.
  await expect(again.getByRole('main').getByRole('heading').first()).toBeVisible()
  await expectCurve(again, run)
  await expect.poll(async () => (await stepsOf(again, run)).at(-1)).toBeGreaterThan(before.at(-1)!)
  expect((await stepsOf(again, run)).slice(0, before.length)).toEqual(before)
})

test('an application in the background ends with its last run', async ({ app, page }) => {
  test.skip(process.platform === 'darwin', 'On macOS an application outlives its windows.')
  const child = app.process()
  await startRun(page, { ...endless, steps: 150 })
  await answer(app, 0)
  await closeWindow(app)
  await expect.poll(() => child.exitCode, { timeout: 60_000 }).toBe(0)
})

test('quitting while a run trains asks, keeps a checkpoint, and the run can be resumed', async ({ app, page, home, watch }) => {
  const run = await startRun(page, { ...endless, checkpointSeconds: 3600 })
  const reached = (await stepsOf(page, run)).at(-1)!

  await answer(app, 1)
  await app.evaluate(({ app }) => app.quit())
  await expect.poll(() => questions(app)).toHaveLength(1)
  expect((await questions(app))[0]).toMatchObject({ buttons: ['Keep Checkpoint and Quit', 'Cancel'] })
  expect(await windowCount(app)).toBe(1)

  const child = app.process()
  await answer(app, 0)
  await app.evaluate(({ app }) => app.quit()).catch(() => {})
  await expect.poll(() => child.exitCode).toBe(0)
  expect(readdirSync(join(home, 'runs', run))).not.toContain('lock.json')

  const next = await launch(home, watch)
  const nextProcess = next.process()
  try {
    const again = await shownPage(next)
    const [kept] = await again.evaluate(async () => {
      const listed = await window.lab.call('runs.list', undefined).result
      return listed.ok ? listed.value : []
    })
    expect(kept).toMatchObject({ id: run })
    expect(['paused', 'interrupted']).toContain(kept!.state)
    // The checkpoint is of the end, not of an hour ago: no step is done twice.
    expect(kept!.step).toBeGreaterThanOrEqual(reached)
    await expectCurve(again, run)
    expect(await again.evaluate(run => window.lab.call('runs.resume', { run }).result, run)).toMatchObject({ ok: true })
    await expect.poll(async () => (await stepsOf(again, run)).at(-1)).toBeGreaterThan(kept!.step)
    const steps = await stepsOf(again, run)
    expect(steps).toEqual([...steps].sort((a, b) => a - b))
    expect(new Set(steps).size).toBe(steps.length)
    await again.evaluate(run => window.lab.call('runs.stop', { run }).result, run)
    await next.evaluate(({ app }) => app.quit()).catch(() => {})
    await expect.poll(() => nextProcess.exitCode).toBe(0)
  } finally {
    await end(nextProcess)
  }
})
