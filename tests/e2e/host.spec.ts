/** The browser host in a real browser: who is let in, what page and process may reach, and that the page finds its lab again. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Page } from '@playwright/test'
import { endless, startRun, stepsOf } from './a-run.ts'
import { connectionLost, expect, LabHost, newHome, test } from './lab-host.ts'

const away = (page: Page) => page.getByRole('alert').filter({ hasText: 'not answering' })

test('opens by the one-time link, drops the token, and lets nobody else in', async ({ page, host, browser }) => {
  await expect(page).toHaveURL(`http://127.0.0.1:${host.port}/#/probe`)
  expect(await page.evaluate(() => window.lab.host)).toBe('browser')
  const [cookie] = await page.context().cookies()
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict' })
  expect(await page.evaluate(() => document.cookie)).toBe('')

  const stranger = await browser.newContext()
  for (const url of [host.url, `http://127.0.0.1:${host.port}/`, `http://127.0.0.1:${host.port}/?token=x`]) {
    const answer = await stranger.request.get(url)
    expect(answer.status(), url).toBe(403)
    expect(await answer.text()).toContain('GPT Lab prints a new one each time it starts')
  }
  await stranger.close()
  // The browser that was let in stays welcome, also by the used link.
  await page.goto(host.url)
  await expect(page.getByRole('main')).toBeVisible()
})

test('asks for nothing outside and runs no script but its own', async ({ page, host, watch }) => {
  watch.expect(/Content Security Policy|example\.com/)
  const tried = await page.evaluate(async port => {
    const failed = (promise: Promise<unknown>) =>
      promise.then(
        () => false,
        () => true
      )
    const script = document.createElement('script')
    script.textContent = 'window.ranInline = true'
    document.body.append(script)
    return {
      outside: await failed(fetch('https://example.com/')),
      // Its own socket is the only place that it may connect to.
      here: await failed(fetch(`http://127.0.0.1:${port}/`)),
      inline: 'ranInline' in window
    }
  }, host.port)
  expect(tried).toEqual({ outside: true, here: true, inline: false })
})

test('connects again by itself after the host was restarted', async ({ page, host, watch }) => {
  watch.expect(connectionLost)
  const { port } = host
  await host.stop()
  await expect(away(page)).toBeVisible()
  await host.start()
  expect(host.port).toBe(port)
  await expect(away(page)).toBeHidden()
  expect(await page.evaluate(() => window.lab.call('settings.get', undefined).result)).toMatchObject({ ok: true })
})

test('catches up after the host was killed while a run trained: the run is there, resumable, with its curve', async ({
  page,
  host,
  watch
}) => {
  watch.expect(connectionLost)
  const run = await startRun(page, { ...endless, checkpointSeconds: 0.2 })
  await page.evaluate(run => void (location.hash = `#/training/${run}`), run)
  await expect(page.getByRole('img', { name: /loss/i }).first()).toBeVisible()
  await expect.poll(async () => (await stepsOf(page, run)).at(-1)).toBeGreaterThan(20)
  await host.kill()
  await expect(away(page)).toBeVisible()
  await host.start()
  await expect(away(page)).toBeHidden()
  // Said by the page, which was never reloaded.
  await expect(page.getByText(/interrupted/i).first()).toBeVisible()
  const kept = await stepsOf(page, run)
  expect(kept.length).toBeGreaterThan(3)
  expect(await page.evaluate(run => window.lab.call('runs.resume', { run }).result, run)).toMatchObject({ ok: true })
  await expect.poll(async () => (await stepsOf(page, run)).at(-1)).toBeGreaterThan(kept.at(-1)!)
  await page.evaluate(run => window.lab.call('runs.stop', { run }).result, run)
})

test('takes another port when its last one is taken', async ({ page, host, watch }) => {
  watch.expect(connectionLost)
  const { port } = host
  await host.stop()
  const other = createServer()
  await new Promise<void>(resolve => other.listen(port, '127.0.0.1', resolve))
  try {
    await host.start()
    expect(host.port).not.toBe(port)
    await page.goto(host.url)
    await expect(page.getByRole('main')).toBeVisible()
    expect(await page.evaluate(() => window.lab.call('settings.get', undefined).result)).toMatchObject({ ok: true })
  } finally {
    other.close()
  }
})

test('the process connects to nothing, looks nothing up, and listens on 127.0.0.1 only', async ({ browser }) => {
  const home = newHome()
  const log = join(home, 'network.log')
  const watching = {
    NODE_OPTIONS: `--import ${pathToFileURL(join(import.meta.dirname, 'network-log.mjs')).href}`,
    NETWORK_LOG: log
  }
  const seen = () => (existsSync(log) ? readFileSync(log, 'utf8') : '')

  // The watch itself sees what it is there for.
  for (const deed of [`fetch('http://203.0.113.1:8080/').catch(() => {})`, `require('net').createServer().listen(0)`])
    spawnSync(process.execPath, ['-e', `${deed}; setTimeout(() => process.exit(), 300)`], {
      env: { ...process.env, ...watching }
    })
  expect(seen()).toMatch(/connect 203\.0\.113\.1/)
  expect(seen()).toMatch(/listen everywhere/)
  rmSync(log)

  const host = new LabHost(home, watching)
  await host.start()
  const page = await browser.newPage()
  try {
    await page.goto(host.url)
    for (const room of ['training', 'models', 'probe']) {
      await page.goto(`http://127.0.0.1:${host.port}/#/${room}`)
      await expect(page.getByRole('main')).toBeVisible()
    }
    const run = await startRun(page, { ...endless, steps: 20 })
    await expect.poll(async () => (await stepsOf(page, run)).at(-1)).toBe(20)
    await page.evaluate(async () => {
      const listed = await window.lab.call('models.list', undefined).result
      for (const model of listed.ok ? listed.value.slice(0, 1) : [])
        await window.lab.call('probe.inspect', { model: model.id, text: 'Shall' }).result
    })
  } finally {
    await page.close()
    await host.stop()
  }
  expect(seen()).toBe('')
  rmSync(home, { recursive: true, force: true, maxRetries: 5 })
})
