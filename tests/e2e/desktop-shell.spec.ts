/** What the shell adds to the page: native menus, dialogs, and the contract over Electron's messages. */
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ElectronApplication } from '@playwright/test'
import { expect, sharedTest as test } from './desktop-app.ts'
import { endless, startRun } from './a-run.ts'

interface Item {
  label: string
  role: string | undefined
  accelerator: string | undefined
  checked: boolean
  items: Item[]
}

/** The native menu as plain data, separators left out. */
const menu = (app: ElectronApplication): Promise<Item[]> =>
  app.evaluate(({ Menu }) => {
    const plain = (menu: Electron.Menu): Item[] =>
      menu.items
        .filter(item => item.type !== 'separator')
        .map(item => ({
          label: item.label,
          role: item.role?.toLowerCase(),
          accelerator: item.accelerator as string | undefined,
          checked: item.checked,
          items: item.submenu ? plain(item.submenu) : []
        }))
    return plain(Menu.getApplicationMenu()!)
  })

/** Chooses the item of an id, or of labels from the top down. */
const choose = (app: ElectronApplication, ...path: string[]) =>
  app.evaluate(({ Menu, BrowserWindow }, path) => {
    let menu = Menu.getApplicationMenu()
    let item = path.length === 1 ? menu?.getMenuItemById(path[0]!) : null
    for (const label of path.length === 1 ? [] : path) {
      item = menu?.items.find(item => item.label === label)
      menu = item?.submenu ?? null
    }
    const click = item!.click as (...values: unknown[]) => void
    click(item, BrowserWindow.getAllWindows()[0], {})
  }, path)

const inMenu = (items: Item[], label: string) => items.find(item => item.label === label)!

test.describe('menus', () => {
  test('lead to the rooms, by their keys too', async ({ app, page }) => {
    const rooms = inMenu(await menu(app), 'Rooms')
    expect(rooms.items.map(({ label, accelerator }) => [label, accelerator])).toEqual([
      ['Probe', 'CmdOrCtrl+1'],
      ['Training', 'CmdOrCtrl+2'],
      ['Models', 'CmdOrCtrl+3']
    ])
    for (const room of ['models', 'training', 'probe']) {
      await choose(app, `room-${room}`)
      await expect(page).toHaveURL(new RegExp(`#/${room}`))
    }
  })

  test('have what every application has, by its role', async ({ app, page }) => {
    await expect(page.getByRole('main')).toBeVisible()
    const roles = (items: Item[]): string[] => items.flatMap(({ role, items }) => [...(role ? [role] : []), ...roles(items)])
    const found = roles(await menu(app))
    for (const role of ['close', 'quit', 'undo', 'redo', 'cut', 'copy', 'paste', 'selectall', 'zoomin', 'zoomout', 'resetzoom'])
      expect(found).toContain(role)
    expect(
      inMenu(
        (await menu(app)).flatMap(item => item.items),
        'Import a Model Folder…'
      ).accelerator
    ).toBe('CmdOrCtrl+O')
  })

  test('speak the language of the page, at once, in both directions', async ({ app, page }) => {
    const labels = async () => (await menu(app)).map(item => item.label).filter(label => label !== 'GPT Lab')
    expect((await labels()).slice(0, 4)).toEqual(['File', 'Edit', 'Rooms', 'View'])
    await page.evaluate(() => window.lab.call('settings.set', { language: 'zh-CN' }).result)
    await expect.poll(async () => (await labels()).slice(0, 4)).toEqual(['文件', '编辑', '房间', '显示'])
    await expect(page.getByRole('navigation').getByText('训练')).toBeVisible()
    await choose(app, '显示', '语言', 'English')
    await expect.poll(labels).toContain('Rooms')
    await expect(page.getByRole('navigation').getByText('Training')).toBeVisible()
  })

  test('show and change the settings', async ({ app, page }) => {
    const view = async () => inMenu(await menu(app), 'View')
    expect(inMenu((await view()).items, 'Appearance').items.map(item => item.checked)).toEqual([false, true, false])
    await choose(app, 'View', 'Appearance', 'Dark')
    await expect(page.locator('html')).toHaveClass(/dark/)
    await expect
      .poll(async () => inMenu((await view()).items, 'Appearance').items.map(item => item.checked))
      .toEqual([false, false, true])
    expect(await app.evaluate(({ nativeTheme }) => nativeTheme.themeSource)).toBe('dark')
    await choose(app, 'present')
    await expect.poll(async () => inMenu((await view()).items, 'Presentation Size').checked).toBe(true)
    expect(await page.evaluate(() => window.lab.call('settings.get', undefined).result)).toMatchObject({
      value: { theme: 'dark', present: true }
    })
  })
})

test.describe('dialogs', () => {
  /** Answers the next dialog for a folder; what the dialog was asked is kept. */
  const answerFolder = (app: ElectronApplication, folder: string | null) =>
    app.evaluate(({ dialog }, folder) => {
      dialog.showOpenDialog = (async (...words: unknown[]) => {
        Object.assign(globalThis, { askedFolder: words.at(-1) })
        return folder === null ? { canceled: true, filePaths: [] } : { canceled: false, filePaths: [folder] }
      }) as typeof dialog.showOpenDialog
    }, folder)
  const asked = (app: ElectronApplication) =>
    app.evaluate(() => (globalThis as { askedFolder?: { title: string; buttonLabel: string; properties: string[] } }).askedFolder)

  test('a folder to import is asked for; closing the dialog changes nothing', async ({ app, page }) => {
    await answerFolder(app, null)
    expect(await page.evaluate(() => window.lab.call('models.choose', undefined).result)).toEqual({ ok: true, value: null })
    expect(await asked(app)).toMatchObject({ buttonLabel: 'Import', properties: ['openDirectory'] })
  })

  test('a folder that is no model is refused in words, in the page and from the menu', async ({ app, page, home }) => {
    const folder = join(home, 'no model')
    mkdirSync(folder)
    writeFileSync(join(folder, 'notes.txt'), 'nothing of a model')
    await answerFolder(app, folder)
    const result = await page.evaluate(() => window.lab.call('models.choose', undefined).result)
    expect(result).toMatchObject({ ok: false })
    expect(!result.ok && result.failure.code).not.toBe('internal')
    await app.evaluate(({ dialog }) => {
      dialog.showErrorBox = (title, content) => Object.assign(globalThis, { errorBox: [title, content] })
    })
    await choose(app, 'import-model')
    await expect
      .poll(() => app.evaluate(() => (globalThis as { errorBox?: string[] }).errorBox))
      .toEqual(['The model could not be imported', expect.stringMatching(/./)])
  })

  test('the lab’s folder is shown in the file manager', async ({ app, page, home }) => {
    await expect(page.getByRole('main')).toBeVisible()
    await app.evaluate(({ shell }) => {
      shell.openPath = async path => {
        Object.assign(globalThis, { shown: path })
        return ''
      }
    })
    await choose(app, 'open-home')
    await expect.poll(() => app.evaluate(() => (globalThis as { shown?: string }).shown)).toBe(home)
  })
})

test.describe('the contract over Electron’s messages', () => {
  test('carries large typed arrays to the lab, bit for bit', async ({ page }) => {
    const line = 'Shall I compare thee to a summer’s day?\n'
    const lines = 100_000
    const answer = await page.evaluate(
      ([line, lines]) => {
        const bytes = new TextEncoder().encode(line.repeat(lines))
        // A view into a larger buffer: what stands around it must not cross.
        const padded = new Uint8Array(bytes.length + 100)
        padded.set(bytes, 50)
        return window.lab.call('corpora.add', { name: 'large', bytes: padded.subarray(50, 50 + bytes.length) }).result
      },
      [line, lines] as const
    )
    const text = Buffer.from(line.repeat(lines))
    expect(answer).toMatchObject({
      ok: true,
      value: { bytes: text.length, sha256: createHash('sha256').update(text).digest('hex') }
    })
  })

  test('carries typed arrays to the page, each as its own type, NaN included', async ({ page }) => {
    const run = await startRun(page, {
      ...endless,
      corpus: { ...endless.corpus, validation: 0 },
      evaluation: { every: 2, batches: 1 }
    })
    await expect
      .poll(() =>
        page.evaluate(async run => {
          const history = await window.lab.call('runs.history', { run }).result
          if (!history.ok) return history.failure.code
          const { steps, trainLoss, evaluationValidation } = history.value
          return {
            types: [steps, trainLoss, evaluationValidation].map(column => column.constructor.name),
            own: steps.byteLength === steps.buffer.byteLength,
            rising: steps.every((step, place) => place === 0 || step > steps[place - 1]!),
            finite: trainLoss.every(Number.isFinite),
            missing: evaluationValidation.length > 0 && evaluationValidation.every(Number.isNaN)
          }
        }, run)
      )
      .toEqual({
        types: ['Float64Array', 'Float64Array', 'Float64Array'],
        own: true,
        rising: true,
        finite: true,
        missing: true
      })
  })

  test('carries progress in order before the result, and cancels one call alone', async ({ page }) => {
    const run = await startRun(page, { ...endless, steps: 20 })
    let model: string | undefined
    await expect
      .poll(async () => {
        const runs = await page.evaluate(() => window.lab.call('runs.list', undefined).result)
        model = runs.ok ? runs.value.find(({ id }) => id === run)?.model : undefined
        return model
      })
      .toBeTruthy()
    const outcome = await page.evaluate(async model => {
      const settings = { repetitionPenalty: 1, noRepeatNgram: 0, temperature: 1, topK: 0, topP: 1, greedy: false }
      const seen: number[] = []
      let heard = 0
      let begun!: () => void
      const beginning = new Promise<void>(resolve => (begun = resolve))
      const endless = window.lab.call(
        'generate',
        { model, text: 'Shall', settings, seed: 1, maxTokens: 4096, slide: true },
        () => {
          if (++heard === 3) begun()
        }
      )
      await beginning
      const other = window.lab.call('generate', { model, text: 'Shall', settings, seed: 2, maxTokens: 12 }, ({ token }) =>
        seen.push(token.id)
      )
      endless.cancel()
      const [cancelled, finished] = await Promise.all([endless.result, other.result])
      const atCancel = heard
      await new Promise(resolve => setTimeout(resolve, 300))
      return {
        cancelled: cancelled.ok ? 'finished' : cancelled.failure.code,
        silent: heard === atCancel,
        finished: finished.ok && finished.value.tokens.map(token => token.id),
        seen
      }
    }, model!)
    expect(outcome).toMatchObject({ cancelled: 'cancelled', silent: true })
    expect(outcome.finished).toHaveLength(12)
    expect(outcome.seen).toEqual(outcome.finished)
  })

  test('pushes events in order to who listens, and to nobody who has stopped', async ({ page }) => {
    const heard = await page.evaluate(async () => {
      const heard: string[] = []
      const stop = window.lab.on('settings', settings => heard.push(settings.theme))
      await window.lab.call('settings.set', { theme: 'dark' }).result
      await window.lab.call('settings.set', { theme: 'system' }).result
      stop()
      await window.lab.call('settings.set', { theme: 'light' }).result
      return heard
    })
    expect(heard).toEqual(['dark', 'system'])
  })

  test('refuses what is no plain data', async ({ page }) => {
    const codes = await page.evaluate(() =>
      Promise.all(
        [new Map(), new Date(), /x/, new Error('x')].map(async value => {
          try {
            const result = await window.lab.call('settings.set', { theme: value } as never).result
            return result.ok ? 'ok' : result.failure.code
          } catch (error) {
            return (error as Error).name
          }
        })
      )
    )
    for (const code of codes) expect(['not-plain-data', 'invalid-input', 'Error', 'TypeError', 'DataCloneError']).toContain(code)
  })
})
