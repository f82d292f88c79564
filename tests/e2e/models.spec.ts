/** The Models room against a real lab: what a model is and what runs it; named, exported, imported, deleted and back. */
import { existsSync, mkdirSync, readdirSync, truncateSync, cpSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { expect, expectAccessible, modelName, test } from './trained-lab.ts'

async function enter(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Models' }).click()
  await expect(page.getByRole('heading', { name: modelName, level: 2, exact: true })).toBeVisible()
}
const rows = (page: Page) => page.getByRole('navigation', { name: 'Models' }).getByRole('link')

test('shows the model that was trained, what runs it and how it was made', async ({ page }) => {
  await enter(page)
  const runs = page.getByRole('region', { name: /^What runs it/ })
  await expect(runs.locator('[data-provider="cpu"]')).toContainText(/tokens\/s/)
  await expect(runs.getByText(/operations on CPU/)).toBeVisible()
  await expect(page.getByRole('region', { name: /^How it was made/ })).toContainText('60')
  await expect(page.getByRole('region', { name: /^Recipe/ })).toContainText('2 layers, 2 heads, 32 channels')
  await page.screenshot({ path: test.info().outputPath('models.png') })
  await page.getByRole('button', { name: 'Open in Probe' }).click()
  await expect(page.getByRole('button', { name: new RegExp(`^${modelName}`) })).toBeVisible()
  await expect(page).toHaveURL(/#\/probe/)
})

test('shows what was measured of a shipped model, and why a reward model has no provider', async ({ page }) => {
  await enter(page)
  await rows(page).filter({ hasText: 'atlas-rlhf' }).click()
  const measured = page.getByRole('region', { name: /^What was measured/ })
  await expect(measured.locator('[data-figure="facts greedy"]')).toContainText(/9\d\.\d/)
  await expect(measured.getByText('Wins against atlas-sft, open prompts')).toBeVisible()
  await rows(page).filter({ hasText: 'atlas-reward' }).click()
  await expect(page.getByText(/It gives answers a score and writes none/)).toBeVisible()
  await expect(measured.locator('[data-figure="reward accuracy"]')).toBeVisible()
  await expect(page.getByRole('radiogroup')).toHaveCount(0)
  await expect(page.getByRole('alert')).toHaveCount(0)
  await expectAccessible(page)
})

test('measures every provider and runs models with the one that is chosen', async ({ page }) => {
  await enter(page)
  const runs = page.getByRole('region', { name: /^What runs it/ })
  await runs.getByRole('button', { name: 'Measure all' }).click()
  await expect(runs.locator('[data-provider="native"]')).toContainText(/tokens\/s/)
  await runs.locator('[data-provider="native"] input').check()
  await expect(runs.getByText(/operations on native engine/)).toBeVisible()
  await expect(page.getByRole('banner')).toContainText('native engine')
})

test('a name is changed where it stands, and kept', async ({ page }) => {
  await enter(page)
  await page.getByRole('button', { name: 'Rename' }).click()
  await page.keyboard.type('Poet <1>')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { name: 'Poet <1>', level: 2, exact: true })).toBeVisible()
  await page.reload()
  await expect(rows(page).filter({ hasText: 'Poet <1>' })).toBeVisible()
  await page.getByRole('button', { name: 'Rename' }).click()
  await page.keyboard.type('never mind')
  await page.keyboard.press('Escape')
  await expect(page.getByRole('heading', { name: 'Poet <1>', level: 2, exact: true })).toBeVisible()
})

test('a deleted model can be brought back', async ({ page, host }) => {
  await enter(page)
  const folder = readdirSync(join(host.home, 'models'))
  await page.getByRole('button', { name: 'Delete' }).click()
  await expect(rows(page).filter({ hasText: modelName })).toHaveCount(0)
  expect(readdirSync(join(host.home, 'models'))).toEqual([])
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(page.getByRole('heading', { name: modelName, level: 2, exact: true })).toBeVisible()
  expect(readdirSync(join(host.home, 'models'))).toEqual(folder)
})

test('an exported model can be imported again, and another folder is refused with the reason', async ({ page, host }) => {
  await enter(page)
  await page.getByRole('button', { name: 'Export' }).click()
  const said = page.getByRole('status').filter({ hasText: 'Exported' })
  const folder = await said.locator('code').innerText({ timeout: 60_000 })
  for (const file of ['config.json', 'tokenizer.json', 'onnx/model.onnx', 'model.safetensors'])
    expect(existsSync(join(folder, file)), file).toBe(true)

  const before = await rows(page).count()
  await page.locator('[data-import-folder]').setInputFiles(folder)
  await expect(page.getByText(/is in the lab/).first()).toBeVisible()
  await expect(rows(page)).toHaveCount(before + 1)

  const empty = join(host.home, 'not-a-model')
  mkdirSync(empty)
  cpSync(join(folder, 'config.json'), join(empty, 'config.json'))
  await page.locator('[data-import-folder]').setInputFiles(empty)
  await expect(page.getByRole('alert')).toContainText('tokenizer.json')
  await expect(rows(page)).toHaveCount(before + 1)
  await page.getByRole('button', { name: 'Close this message' }).click()
  await expect(page.getByRole('alert')).toHaveCount(0)
})

test('a damaged model is there with what to do', async ({ page, host }) => {
  const [name] = readdirSync(join(host.home, 'models'))
  const damaged = join(host.home, 'models', 'damaged')
  cpSync(join(host.home, 'models', name!), damaged, { recursive: true })
  const weights = join(damaged, 'model.safetensors')
  truncateSync(weights, statSync(weights).size - 100)
  await page.reload()
  await page.getByRole('link', { name: 'Models' }).click()
  await rows(page).filter({ hasText: 'damaged' }).click()
  await expect(page.getByRole('alert')).toContainText('model.safetensors is damaged')
  await expect(page.getByRole('alert')).toContainText('Import the model again')
  await page.evaluate(() => window.lab.call('settings.set', { language: 'zh-CN' }).result)
  await expect(page.getByRole('alert')).toContainText('model.safetensors 已损坏')
  await page.getByRole('button', { name: '删除' }).click()
  await expect(page.getByRole('alert')).toHaveCount(0)
})

test('has no serious finding of axe in either theme or language', async ({ page }) => {
  await enter(page)
  await expect(page.locator('[data-provider="cpu"]')).toContainText(/tokens\/s/)
  await expectAccessible(page)
})
