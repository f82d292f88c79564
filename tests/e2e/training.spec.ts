/** Training, with real runs of small models: from the recipe to the trained model, through reload, pause and power cut. */
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import type { RunSummary } from '../../electron/contract/training.ts'
import { connectionLost, expect, test } from './lab-host.ts'

const output = resolve(import.meta.dirname, '../output/training')
const shot = (page: Page, name: string) => page.screenshot({ path: join(output, `${name}.png`) })

// Training here is a matter of seconds, on a machine that does nothing else. One thread waits for no other.
test.use({ settings: { threads: 1 } })
test.setTimeout(240_000)
const patient = expect.configure({ timeout: 90_000 })

/** Opens the room, ready to prepare a run. */
async function enter(page: Page): Promise<void> {
  await page.getByRole('navigation').getByRole('link', { name: 'Training' }).click()
  await expect(page.getByRole('button', { name: 'Start training' })).toBeEnabled()
  await page.getByRole('button', { name: 'All fields' }).click()
}
/** Types into fields of the recipe, by their names. */
async function set(page: Page, fields: Readonly<Record<string, string | number>>): Promise<void> {
  for (const [name, value] of Object.entries(fields)) {
    const field = page.getByLabel(name, { exact: true })
    await field.fill(String(value))
    await field.press('Enter')
    await expect(field).toHaveValue(String(value))
  }
}
/** A model small enough for a test. */
const small = { Layers: 1, Heads: 2, Channels: 16, Context: 16, Batch: 4, 'Warm-up': 10, 'Evaluation batches': 1 }
/** A run that does not end by itself while a test looks at it, at the pace of a real one: some hundred steps a second at most. */
const long = {
  Layers: 4,
  Heads: 4,
  Channels: 128,
  Context: 64,
  Batch: 8,
  'Warm-up': 10,
  'Evaluation batches': 1,
  Steps: 400_000,
  'Evaluate every': 100,
  'Write every': 50,
  Length: 20
}

async function start(page: Page, fields: Readonly<Record<string, string | number>>): Promise<void> {
  await set(page, fields)
  await page.getByRole('button', { name: 'Start training' }).click()
  await expect(page.getByRole('progressbar', { name: 'Share of the steps' })).toBeVisible()
}
const runs = async (page: Page): Promise<readonly RunSummary[]> => {
  const result = await page.evaluate(() => window.lab.call('runs.list', undefined).result)
  if (!result.ok) throw new Error(result.failure.message)
  return result.value
}
/** The rows of the loss chart's table: what is drawn, in full. */
async function lossTable(page: Page): Promise<readonly { run: string; split: string; step: number; loss: number }[]> {
  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Save the data of “Loss”' }).click()
  const text = await readFile(await (await download).path(), 'utf8')
  return text
    .trim()
    .split('\r\n')
    .slice(1)
    .map(line => line.split(','))
    .map(([run, split, step, loss]) => ({ run: run!, split: split!, step: Number(step), loss: Number(loss) }))
}
const trainSteps = async (page: Page, name = 'sonnets-char') =>
  (await lossTable(page)).flatMap(({ run, split, step }) => (run === name && split === 'train' ? [step] : []))
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1)
const samples = (page: Page) => page.getByRole('list', { name: 'What it writes' }).getByRole('listitem')

test('a first run: recipe, estimate, falling loss, samples, the model in the Probe', async ({ page }) => {
  await enter(page)
  await expect(page.getByText('No runs yet')).toBeVisible()
  await expect(page.getByRole('radio', { name: 'Shakespeare’s sonnets, character GPT' })).toBeChecked()
  await shot(page, 'empty')
  const estimate = page.getByRole('region', { name: 'What it takes' })
  const parameters = estimate.getByText('parameters', { exact: true }).locator('xpath=following-sibling::*')
  const before = await parameters.textContent()
  await set(page, small)
  await expect(parameters).not.toHaveText(before!)

  await start(page, { Steps: 300, 'Evaluate every': 50, 'Write every': 50, Length: 40 })
  await patient(page.getByRole('row', { name: 'sonnets-char' })).toContainText('done')
  await patient(samples(page)).toHaveCount(7)
  const rows = await lossTable(page)
  expect(rows.filter(({ split }) => split === 'train').map(({ step }) => step)).toEqual(upTo(300))
  const validation = rows.filter(({ split }) => split === 'validation')
  expect(validation.map(({ step }) => step)).toEqual([0, 50, 100, 150, 200, 250, 300])
  expect(validation.at(-1)!.loss).toBeLessThan(validation[0]!.loss - 0.5)

  // Stepping back along the curve reads the first sample; its text comes from the untrained model.
  await page.getByRole('slider', { name: 'Step whose sample is read' }).press('Home')
  await expect(page.getByRole('heading', { name: 'What it writes' })).toContainText('step 0')
  await page.getByRole('button', { name: 'newest' }).click()
  await expect(page.getByRole('heading', { name: 'What it writes' })).toContainText('step 300')
  await page.getByRole('button', { name: 'Log', exact: true }).click()
  await page.getByLabel('Smoothing').selectOption('strongly smoothed')
  await shot(page, 'done')

  await page.getByRole('button', { name: 'Look into it' }).click()
  await expect(page).toHaveURL(/#\/probe$/)
  await page.goBack()
  await page.getByRole('link', { name: 'Show the model' }).click()
  await expect(page).toHaveURL(/#\/models\/.+/)
})

test('a run goes on through a reload, is paused, and its curve is whole', async ({ page }) => {
  await enter(page)
  await start(page, long)
  await patient(samples(page).nth(2)).toBeVisible()
  await shot(page, 'running')
  await page.reload()
  await patient(samples(page).nth(4)).toBeVisible()
  await page.getByRole('button', { name: 'Pause' }).click()
  await expect(page.getByRole('button', { name: 'Resume' })).toBeVisible()
  const [paused] = await runs(page)
  expect(paused!.state).toBe('paused')
  await patient.poll(() => trainSteps(page)).toEqual(upTo(paused!.step))
  await expect(page.getByText(`paused · step ${paused!.step.toLocaleString('en')}`)).toBeVisible()
  await shot(page, 'paused')

  await page.getByRole('button', { name: 'Resume' }).click()
  await patient.poll(async () => (await runs(page))[0]!.step).toBeGreaterThan(paused!.step)
  await page.getByRole('button', { name: 'Stop' }).click()
  await patient(page.getByRole('row', { name: 'sonnets-char' })).toContainText('stopped')
  const [stopped] = await runs(page)
  await patient.poll(() => trainSteps(page)).toEqual(upTo(stopped!.step))
})

test('after a power cut the run is there, interrupted, and goes on from its checkpoint', async ({ page, host, watch }) => {
  watch.expect(connectionLost)
  await enter(page)
  await start(page, { ...long, 'Checkpoint every (s)': 0.5 })
  await patient(samples(page).nth(2)).toBeVisible()
  await patient
    .poll(() =>
      page.evaluate(async () => {
        const list = await window.lab.call('runs.list', undefined).result
        const run = list.ok ? list.value[0]!.id : ''
        const history = await window.lab.call('runs.history', { run }).result
        return history.ok ? (history.value.checkpointSteps.at(-1) ?? 0) : 0
      })
    )
    .toBeGreaterThan(10)
  await host.kill()
  await host.start()
  await expect(page.getByText('This run was interrupted at step')).toBeVisible({ timeout: 30_000 })
  const [interrupted] = await runs(page)
  expect(interrupted!.state).toBe('interrupted')
  await shot(page, 'interrupted')

  await page.getByRole('button', { name: 'Resume' }).click()
  await patient.poll(async () => (await runs(page))[0]!.step, { timeout: 60_000 }).toBeGreaterThan(interrupted!.step)
  await page.getByRole('button', { name: 'Pause' }).click()
  await expect(page.getByRole('button', { name: 'Resume' })).toBeVisible()
  const [paused] = await runs(page)
  // Steps that were lost with the power are trained again, and stand in the curve once.
  await patient.poll(() => trainSteps(page)).toEqual(upTo(paused!.step))
  await page.getByRole('button', { name: 'Stop' }).click()
})

test('two runs are compared; one is deleted and brought back', async ({ page }) => {
  await enter(page)
  await start(page, { ...small, Name: 'slow', Steps: 120, 'Evaluate every': 40, 'Write every': 60, Length: 20 })
  await patient(page.getByRole('row', { name: 'slow' })).toContainText('done')
  await page.getByRole('button', { name: 'Use this recipe again' }).click()
  await expect(page.getByLabel('Steps', { exact: true })).toHaveValue('120')
  await start(page, { Name: 'fast', 'Learning rate': 0.01 })
  await patient(page.getByRole('row', { name: 'fast' })).toContainText('done')
  await page.getByRole('checkbox', { name: 'Compare slow' }).check()
  await shot(page, 'compared')
  await patient.poll(() => trainSteps(page, 'fast')).toEqual(upTo(120))
  expect(await trainSteps(page, 'slow')).toEqual(upTo(120))

  await page.getByRole('button', { name: 'Delete the run' }).click()
  await expect(page.getByRole('row', { name: 'fast' })).toHaveCount(0)
  expect((await runs(page)).map(({ name }) => name)).toEqual(['slow'])
  await page.getByRole('button', { name: 'Undo' }).click()
  await patient(page.getByRole('row', { name: 'fast' })).toContainText('done')
  await patient.poll(() => trainSteps(page, 'fast')).toEqual(upTo(120))
})

test('a text of one’s own is dropped, learned from, deleted and brought back; what is no text is refused', async ({ page }) => {
  await enter(page)
  const drop = (name: string, bytes: readonly number[]) =>
    page.evaluate(
      ([name, bytes]) => {
        const files = new DataTransfer()
        files.items.add(new File([new Uint8Array(bytes)], name, { type: 'text/plain' }))
        document.querySelector('.new-run')!.dispatchEvent(new DragEvent('drop', { dataTransfer: files, bubbles: true }))
      },
      [name, bytes] as const
    )
  await drop('broken.txt', [0x61, 0xff, 0xfe, 0x62])
  await expect(page.getByRole('region', { name: 'Text' }).getByRole('alert')).toBeVisible()
  await shot(page, 'text-refused')

  await drop('my poem.txt', [...new TextEncoder().encode('Roses are red, violets are blue. '.repeat(200))])
  const text = page.getByRole('combobox', { name: 'Text', exact: true })
  await expect(text.locator('option:checked')).toHaveText('my poem')
  await start(page, { ...small, Steps: 40, 'Evaluate every': 20, 'Write every': 20, 'Begins with': 'Roses' })
  await patient(page.getByRole('row', { name: 'sonnets-char' })).toContainText('done')

  await page.getByRole('link', { name: 'New run' }).click()
  await page.getByRole('button', { name: 'Delete this text' }).click()
  await expect(text.locator('option:checked')).toHaveText('Shakespeare’s sonnets')
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(text.locator('option:checked')).toHaveText('my poem')
})

test('a field that cannot be is explained where it stands, and nothing starts', async ({ page }) => {
  await enter(page)
  await set(page, { Heads: 3 })
  await expect(page.getByText('Channels must be a multiple of the heads')).toBeVisible()
  await expect(page.getByLabel('Heads', { exact: true })).toHaveAttribute('aria-invalid', 'true')
  await expect(page.getByRole('button', { name: 'Start training' })).toBeDisabled()
  await shot(page, 'problem')
  await page.getByRole('button', { name: 'As shipped' }).click()
  await expect(page.getByRole('button', { name: 'Start training' })).toBeEnabled()
})

test('the keyboard alone chooses a recipe, changes it, starts it, pauses and stops it', async ({ page }) => {
  await enter(page)
  /** Goes on with Tab until the element with this name has the focus. */
  const tabTo = async (name: RegExp) => {
    const focused = () =>
      page.evaluate(() => {
        const element = document.activeElement as HTMLInputElement | null
        // After the last element comes the page itself, whose text is everything.
        if (!element || element === document.body) return ''
        return element.getAttribute('aria-label') ?? element.labels?.[0]?.textContent ?? element.textContent ?? ''
      })
    for (let i = 0; i < 80; i++) {
      await page.keyboard.press('Tab')
      if (name.test((await focused()).trim())) return
    }
    throw new Error(`Tab does not lead to ${name}.`)
  }
  await tabTo(/^Shakespeare’s sonnets, character/)
  await page.keyboard.press('ArrowDown')
  await expect(page.getByRole('radio', { name: 'Shakespeare’s sonnets, word pieces' })).toBeChecked()
  await page.keyboard.press('ArrowUp')
  await tabTo(/^Layers/)
  await expect(page.locator('p', { hasText: 'Blocks of attention and feed-forward' })).toBeInViewport()
  await page.keyboard.press('ArrowDown')
  await expect(page.getByLabel('Layers', { exact: true })).toHaveValue('3')
  // The model stays of a size that trains at the pace of a real run.
  for (const [name, value] of [
    [/^Layers/, '2'],
    [/^Steps/, '400000']
  ] as const) {
    if (name.source !== '^Layers') await tabTo(name)
    await page.keyboard.press('ControlOrMeta+a')
    await page.keyboard.type(value)
  }
  await tabTo(/^Start training/)
  await expect(page.getByRole('button', { name: 'Start training' })).toBeEnabled()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible()
  await tabTo(/^Pause/)
  await page.keyboard.press('Enter')
  await patient(page.getByRole('row', { name: 'sonnets-char' })).toContainText('paused')
  await tabTo(/^Stop/)
  await page.keyboard.press('Enter')
  await patient(page.getByRole('row', { name: 'sonnets-char' })).toContainText('stopped')
})

for (const theme of ['light', 'dark'] as const)
  for (const language of ['en', 'zh-CN'] as const)
    test.describe(`${theme}, ${language}`, () => {
      test.use({ settings: { theme, language, threads: 1 } })
      test('nothing is hard to reach or to read, and nothing scrolls that is seen together', async ({ page }) => {
        const look = async (name: string) => {
          const { violations } = await new AxeBuilder({ page }).analyze()
          const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
          expect(
            serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`),
            name
          ).toEqual([])
          for (const [width, height] of [
            [1440, 900],
            [1024, 700]
          ] as const) {
            await page.setViewportSize({ width, height })
            // Charts follow the window a moment later.
            const beyond = () => page.locator('#room').evaluate(room => room.scrollHeight - room.clientHeight)
            await expect.poll(beyond, { message: `${name} at ${width}×${height}` }).toBeLessThanOrEqual(0)
            await shot(page, `${name}-${theme}-${language}-${width}`)
          }
          await page.setViewportSize({ width: 1440, height: 900 })
        }
        await page.goto(`${new URL(page.url()).origin}/#/training`)
        const startButton = page.getByRole('button', { name: language === 'en' ? 'Start training' : '开始训练' })
        await expect(startButton).toBeEnabled()
        await look('new')
        // The radio itself is out of sight; a person clicks its label.
        await page.locator('label', { has: page.locator('input[name=recipe][value=baby-gpt]') }).click()
        await expect(startButton).toBeEnabled()
        await startButton.click()
        await patient(page.getByRole('row', { name: 'baby-gpt' })).toContainText(language === 'en' ? 'done' : '已完成')
        await expect(page.getByRole('progressbar').first()).toHaveAttribute('aria-valuenow', '100')
        await look('run')
      })
    })
