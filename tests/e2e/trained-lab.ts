/**
 * A lab with a small model in it, trained by the command line in a fraction of a minute and copied into each
 * test's own home.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { expect, LabHost, newHome, test as base } from './lab-host.ts'

const program = resolve(import.meta.dirname, '../../out/main/gptlab.js')

/** Runs a command of the built `gptlab` in a home; gives what it printed. */
export function gptlab(home: string, ...words: string[]): string {
  const ran = spawnSync(process.execPath, [program, ...words], {
    env: { ...process.env, GPTLAB_HOME: home },
    encoding: 'utf8'
  })
  if (ran.status !== 0) throw new Error(`gptlab ${words.join(' ')} ended with code ${ran.status}: ${ran.stderr}`)
  return ran.stdout
}

/** Name of the model that every test finds. */
export const modelName = 'little-verse'

export const test = base.extend<object, { trainedHome: string }>({
  trainedHome: [
    async ({}, use) => {
      const home = mkdtempSync(join(tmpdir(), 'gptlab-trained-'))
      const little = ['layers=2', 'heads=2', 'channels=32', 'dropout=0'].flatMap(size => ['--set', `model.${size}`])
      const set = [...little, '--set', `name=${modelName}`, '--set', 'evaluation.every=20', '--set', 'evaluation.batches=2']
      gptlab(home, 'train', '--recipe', 'sonnets-char', '--steps', '60', ...set)
      await use(home)
      rmSync(home, { recursive: true, force: true, maxRetries: 5 })
    },
    { scope: 'worker', timeout: 180_000 }
  ],
  host: async ({ settings, trainedHome }, use) => {
    const home = newHome(settings)
    for (const folder of ['models', 'runs']) cpSync(join(trainedHome, folder), join(home, folder), { recursive: true })
    const host = new LabHost(home)
    await host.start()
    await use(host)
    await host.stop()
    rmSync(home, { recursive: true, force: true, maxRetries: 5 })
  }
})

/** No finding of axe that is serious, in any of the four combinations of theme and language. */
export async function expectAccessible(page: Page): Promise<void> {
  for (const theme of ['light', 'dark'] as const)
    for (const language of ['en', 'zh-CN'] as const) {
      await page.evaluate(change => window.lab.call('settings.set', change).result, { theme, language })
      await expect(page.locator(`html[lang="${language}"].${theme}`)).toBeAttached()
      // Colours are read as they are when nothing moves any more.
      await page.waitForFunction(() => document.getAnimations().every(({ playState }) => playState !== 'running'))
      const { violations } = await new AxeBuilder({ page }).analyze()
      const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
      expect(
        serious.map(({ id, nodes }) => `${theme} ${language} ${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`)
      ).toEqual([])
    }
}

export { expect }
