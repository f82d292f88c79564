/** What the desktop shell refuses. */
import { join } from 'node:path'
import { expect, real, sharedTest as test } from './desktop-app.ts'

test('the page has no Node, and its one door is frozen', async ({ page }) => {
  const found = await page.evaluate(() => {
    'use strict'
    const world = window as unknown as Record<string, unknown>
    const change = (work: () => void) => {
      try {
        work()
        return 'changed'
      } catch (error) {
        return (error as Error).name
      }
    }
    return {
      node: ['require', 'process', 'module', 'Buffer', 'global', '__dirname', 'electron', 'ipcRenderer'].filter(
        name => name in world
      ),
      members: Object.keys(window.lab).sort(),
      frozen: Object.isFrozen(window.lab),
      replaced: change(() => Object.assign(window, { lab: {} })),
      member: change(() => Object.assign(window.lab, { call: () => {} })),
      added: change(() => Object.assign(window.lab, { other: 1 }))
    }
  })
  expect(found).toEqual({
    node: [],
    members: ['call', 'host', 'on', 'onConnection'],
    frozen: true,
    replaced: 'TypeError',
    member: 'TypeError',
    added: 'TypeError'
  })
})

test('the policy stops scripts of strangers and every connection', async ({ page, watch }) => {
  watch.expect(/Content Security Policy|example\.com/)
  const blocked = await page.evaluate(async () => {
    const violations: string[] = []
    document.addEventListener('securitypolicyviolation', event => violations.push(event.effectiveDirective))
    const inline = document.createElement('script')
    inline.textContent = 'window.ranInline = true'
    document.body.append(inline)
    const image = new Image()
    image.src = 'https://example.com/pixel.png'
    const frame = document.createElement('iframe')
    frame.src = 'https://example.com/'
    document.body.append(frame)
    const connected = await fetch('https://example.com/').then(
      () => true,
      () => false
    )
    // Not from this call's own stack, which the debugger frees of the policy.
    const evaluated = await new Promise(resolve =>
      setTimeout(() => {
        try {
          resolve(new Function('return true')())
        } catch (error) {
          resolve((error as Error).name)
        }
      })
    )
    await new Promise(resolve => setTimeout(resolve, 200))
    frame.remove()
    return { violations, ranInline: 'ranInline' in window, connected, evaluated }
  })
  expect(blocked).toMatchObject({ ranInline: false, connected: false, evaluated: 'EvalError' })
  for (const directive of ['script-src-elem', 'img-src', 'connect-src', 'frame-src'])
    expect(blocked.violations, directive).toContain(directive)
})

test('the page goes nowhere else', async ({ app, page, watch }) => {
  watch.expect(/example\.com|Not allowed to|ERR_/)
  const url = page.url()
  for (const elsewhere of ['https://example.com/', './assets/none.js', './?other', 'file:///etc/passwd']) {
    await page.evaluate(target => void (location.href = target), elsewhere)
    await page.waitForTimeout(200)
    expect(page.url(), elsewhere).toBe(url)
  }
  await expect(page.getByRole('main')).toBeVisible()
  expect(await page.evaluate(() => window.lab.call('settings.get', undefined).result)).toMatchObject({ ok: true })
  expect(app.windows()).toHaveLength(1)
})

test('the page opens no other window', async ({ app, page }) => {
  expect(await page.evaluate(() => window.open('https://example.com/') === null)).toBe(true)
  expect(await page.evaluate(() => window.open('app://lab/') === null)).toBe(true)
  await page.evaluate(() => {
    const link = document.createElement('a')
    Object.assign(link, { href: 'https://example.com/', target: '_blank', textContent: 'away' })
    document.body.append(link)
    link.click()
    link.remove()
  })
  await page.waitForTimeout(300)
  expect(app.windows()).toHaveLength(1)
  expect(await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1)
})

test('the page is permitted nothing', async ({ page, watch }) => {
  watch.expect(/[Pp]ermission/)
  const answers = await page.evaluate(async () => {
    const refused = (promise: Promise<unknown>) =>
      promise.then(
        () => 'granted',
        error => (error as Error).name
      )
    return {
      notification: await Notification.requestPermission(),
      place: await new Promise(resolve =>
        navigator.geolocation.getCurrentPosition(
          () => resolve('granted'),
          error => resolve(error.code)
        )
      ),
      microphone: (await navigator.permissions.query({ name: 'microphone' })).state,
      clipboard: await refused(navigator.clipboard.readText())
    }
  })
  expect(answers).toEqual({ notification: 'denied', place: 1, microphone: 'denied', clipboard: 'NotAllowedError' })
})

test('a message from a window that was not attached, or from another page, is refused', async ({ app, page }) => {
  const preload = join(import.meta.dirname, '../../out/preload/preload.cjs')
  const ask = (url: string) =>
    app.evaluate(
      async ({ BrowserWindow }, { preload, url }) => {
        const stranger = new BrowserWindow({ show: false, webPreferences: { preload } })
        await stranger.loadURL(url)
        const answer: unknown = await stranger.webContents.executeJavaScript(
          `lab.call('settings.get', undefined).result.then(result => JSON.stringify(result))`
        )
        stranger.destroy()
        return answer
      },
      { preload, url }
    )
  for (const url of ['app://lab/', 'data:text/html,stranger'])
    expect(JSON.parse(String(await ask(url))), url).toMatchObject({ ok: false, failure: { code: 'sender-refused' } })
  // Messages as Electron would hand them over from a frame inside the page, from a page that has gone, from another page.
  const replies = await app.evaluate(({ BrowserWindow, ipcMain }) => {
    const sender = BrowserWindow.getAllWindows()[0]!.webContents
    const top = { url: 'app://lab/', parent: null }
    return [
      { url: 'app://lab/', parent: top },
      null,
      { url: 'https://example.com/', parent: null },
      { url: 'app://lab.example/', parent: null }
    ].map(senderFrame => {
      const replies: unknown[] = []
      ipcMain.emit('lab', { sender, senderFrame, reply: (_: string, frame: unknown) => replies.push(frame) } as never, {
        kind: 'req',
        id: 1,
        method: 'settings.set',
        input: { language: 'zh-CN' }
      })
      return replies
    })
  })
  for (const reply of replies) expect(reply).toMatchObject([{ kind: 'error', id: 1, failure: { code: 'sender-refused' } }])
  expect(await page.evaluate(() => window.lab.call('settings.get', undefined).result)).toMatchObject({
    ok: true,
    value: { language: 'en' }
  })
})

test('calls that are none, inputs that do not fit and damaged frames do no harm', async ({ app, page }) => {
  const call = (method: string, input: unknown) =>
    page.evaluate(([method, input]) => window.lab.call(method as 'settings.get', input as undefined).result, [
      method,
      input
    ] as const)
  for (const method of ['nonsense', 'constructor', '__proto__', 'toString'])
    expect(await call(method, undefined), method).toMatchObject({ ok: false, failure: { code: 'unknown-call' } })
  for (const [method, input] of [
    ['settings.set', { language: 'fr' }],
    ['models.describe', { model: 7 }],
    ['models.describe', { model: 'x', more: 1 }],
    ['corpora.add', { name: 'x', bytes: 'text' }]
  ] as const)
    expect(await call(method, input), method).toMatchObject({ ok: false, failure: { code: 'invalid-input' } })
  await app.evaluate(({ BrowserWindow, ipcMain }) => {
    const sender = BrowserWindow.getAllWindows()[0]!.webContents
    const event = { sender, senderFrame: { url: 'app://lab/', parent: null }, reply: () => {} } as never
    for (const frame of [
      undefined,
      null,
      7,
      'text',
      [],
      {},
      { kind: 'req' },
      { kind: 'req', id: -1, method: 'x' },
      { kind: 'push' }
    ])
      ipcMain.emit('lab', event, frame)
  })
  expect(await call('settings.get', undefined)).toMatchObject({ ok: true })
})

// The stand-in answers the protocol for pages only; the paths that its handler takes are tested in tests/unit too.
if (real)
  test('the page’s protocol serves the page’s own files and nothing else', async ({ app, page }) => {
    await expect(page.getByRole('main')).toBeVisible()
    const statuses = await app.evaluate(({ net }) =>
      Promise.all(
        ['app://lab/', 'app://lab/../package.json', 'app://lab/%2e%2e/package.json', 'app://other/'].map(url =>
          net.fetch(url).then(answer => answer.status)
        )
      )
    )
    expect(statuses).toEqual([200, 404, 404, 404])
  })
