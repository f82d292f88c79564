/** The Probe against a real model: the numbers of `gptlab probs`, live settings, tokens taken, by pointer and by keyboard. */
import type { Locator, Page } from '@playwright/test'
import { percent } from '../../renderer/charts/numbers.ts'
import { expect, expectAccessible, gptlab, modelName, test } from './trained-lab.ts'

const prompt = "Shall I compare thee to a summer's d"
const bars = (page: Page): Locator => page.getByRole('group', { name: /^Next tokens/ }).getByRole('button')
const text = (page: Page): Locator => page.getByRole('textbox', { name: /^Prompt/ })
/** How often the model has been run for a look. */
const looks = (page: Page): Promise<string | null> => page.locator('[data-inspections]').getAttribute('data-inspections')
const shows = (page: Page) => expect(bars(page).first()).toBeEnabled()
async function type(page: Page, typed: string): Promise<void> {
  await text(page).fill(typed)
  await expect(page.getByText('the model runs…')).toBeHidden()
}

interface Probs {
  readonly stages: Readonly<Record<'raw' | 'top-p', readonly { readonly id: number; readonly p: number }[]>>
}

test('shows the numbers of gptlab probs', async ({ page, host }) => {
  await shows(page)
  await expect(text(page)).toHaveValue(prompt)
  const words = ['--model', modelName, '--prompt', prompt, '--top', '6', '--temperature', '0.8', '--top-p', '0.9', '--json']
  const { stages } = JSON.parse(gptlab(host.home, 'probs', ...words)) as Probs
  for (const { id, p } of stages.raw) {
    const bar = page.locator(`[data-token-id="${id}"]`)
    await expect(bar).toHaveAccessibleName(new RegExp(`raw ${percent(p)}`))
    const final = stages['top-p'].find(row => row.id === id)
    if (final) await expect(bar).toHaveAccessibleName(new RegExp(`: ${percent(final.p)}, raw`))
  }
  await page.screenshot({ path: test.info().outputPath('probe.png') })
})

test('settings change the bars without another run of the model', async ({ page }) => {
  await shows(page)
  const before = await bars(page).first().getAttribute('aria-label')
  const runs = await looks(page)
  const temperature = page.getByRole('slider', { name: 'Temperature' })
  await temperature.focus()
  for (let i = 0; i < 8; i++) await page.keyboard.press('ArrowRight')
  await expect(bars(page).first()).not.toHaveAttribute('aria-label', before!)
  await page.getByRole('slider', { name: 'Top-k' }).focus()
  await page.keyboard.press('Home')
  await page.getByRole('button', { name: 'All off' }).click()
  await expect(page.getByRole('img', { name: /The distribution after each stage/ })).toBeVisible()
  expect(await looks(page)).toBe(runs)
})

test('a token is taken by a click, undone, and its branch stays', async ({ page }) => {
  await shows(page)
  await bars(page).nth(1).click()
  await expect(text(page)).not.toHaveValue(prompt)
  const taken = await text(page).inputValue()
  expect(taken.startsWith(prompt)).toBe(true)
  await page.getByRole('button', { name: 'Back' }).click()
  await expect(text(page)).toHaveValue(prompt)
  await shows(page)
  await bars(page).nth(0).click()
  await expect(text(page)).not.toHaveValue(taken)
  await page.getByRole('button', { name: 'Back' }).click()
  const trail = page.getByRole('navigation', { name: /^Tokens taken/ })
  await expect(trail.locator('.ahead')).toHaveCount(2)
  await trail.locator('.ahead').nth(1).click()
  await expect(text(page)).toHaveValue(taken)
})

test('the same seed draws the same text again; a sample is only shown', async ({ page }) => {
  await shows(page)
  await page.getByRole('button', { name: 'Sample' }).click()
  await expect(page.getByText(/seed \d+ draws/)).toBeVisible()
  await expect(text(page)).toHaveValue(prompt)

  const run = page.getByRole('button', { name: /^Run \d+ tokens/ })
  const drawn: string[] = []
  for (let i = 0; i < 2; i++) {
    await run.click()
    await expect(page.getByText(/40 tokens drawn/)).toBeVisible()
    drawn.push(await text(page).inputValue())
    await type(page, prompt)
    await shows(page)
  }
  expect(drawn[0]!.length).toBeGreaterThan(prompt.length + 30)
  expect(drawn[1]).toBe(drawn[0])
})

test('says where the typing is which characters the model has never seen', async ({ page }) => {
  await shows(page)
  await text(page).fill('Shall I compare thee to 诗')
  await expect(page.getByRole('alert')).toContainText('诗')
  await page.evaluate(() => window.lab.call('settings.set', { language: 'zh-CN' }).result)
  await expect(page.getByRole('alert')).toContainText('从没见过：诗')
  await page.locator('textarea').fill('Shall I')
  await expect(page.getByRole('alert')).toBeHidden()
})

test('of a text beyond the context only the end is run, and it says so', async ({ page }) => {
  await shows(page)
  await type(page, `${prompt}ay? `.repeat(4))
  await expect(page.getByText(/only the last \d+ tokens were run/)).toBeVisible()
  await shows(page)
})

test('everything can be done with the keyboard alone', async ({ page }) => {
  await shows(page)
  await page.keyboard.press('Tab')
  await expect(page.getByRole('link', { name: 'Skip to the room' })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('main')).toBeFocused()
  // The first stop inside is back or the next button that can be used; the bars follow.
  const reached = () =>
    bars(page)
      .first()
      .evaluate(bar => bar === document.activeElement)
  for (let stops = 0; stops < 12 && !(await reached()); stops++) await page.keyboard.press('Tab')
  await expect(bars(page).first()).toBeFocused()
  await page.keyboard.press('ArrowDown')
  await expect(bars(page).nth(1)).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(text(page)).not.toHaveValue(prompt)
  await page.keyboard.press('Alt+ArrowLeft')
  await expect(text(page)).toHaveValue(prompt)
})

test('has no serious finding of axe in either theme or language', async ({ page }) => {
  await shows(page)
  await expectAccessible(page)
})
