/**
 * Takes the README's pictures from the real page: trains a model with the sonnets, and shows each room.
 * Run by hand after npm run build: node .github/images/take-images.mjs
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { chromium } from '@playwright/test'

const here = import.meta.dirname
const system = '/usr/bin/chromium'
const home = mkdtempSync(join(tmpdir(), 'gptlab-images-'))
writeFileSync(join(home, 'settings.json'), JSON.stringify({ language: 'en', theme: 'light' }))
const host = spawn(process.execPath, [join(here, '../../out/main/gptlab.js'), 'serve', '--json'], {
  env: { ...process.env, GPTLAB_HOME: home },
  stdio: ['ignore', 'pipe', 'inherit']
})
const [line] = await once(createInterface({ input: host.stdout }), 'line')
const browser = await chromium.launch({
  executablePath: existsSync(system) ? system : undefined,
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : []
})
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  page.setDefaultTimeout(300_000)
  await page.goto(JSON.parse(line).url)
  await page.waitForURL(/#\/\w/)
  const steps = Number(process.argv[2] ?? 2000)
  const run = await page.evaluate(async steps => {
    const recipes = await window.lab.call('recipes.list', undefined).result
    const recipe = recipes.value.find(({ name }) => name === 'sonnets-char')
    const started = await window.lab.call('runs.start', { recipe: { ...recipe, steps } }).result
    return started.value.id
  }, steps)
  const show = async (room, picture) => {
    await page.evaluate(room => void (location.hash = `#/${room}`), room)
    await page.waitForTimeout(4000)
    await page.screenshot({ path: join(here, picture) })
  }
  const reached = async step => {
    for (;;) {
      const runs = await page.evaluate(() => window.lab.call('runs.list', undefined).result)
      const { step: now, state } = runs.value.find(({ id }) => id === run)
      if (now >= step && (step < steps || state === 'done')) return
      await page.waitForTimeout(500)
    }
  }
  await reached(Math.floor(steps * 0.6))
  await show(`training/${run}`, 'training.png')
  await reached(steps)
  await show('models', 'models.png')
  await page.evaluate(() => void (location.hash = '#/probe'))
  await page.waitForTimeout(2000)
  const prompt = page.getByRole('textbox').first()
  await prompt.fill('Shall I compare thee to a summer’s d'.replace('’', "'"))
  await page.waitForTimeout(6000)
  await page.screenshot({ path: join(here, 'probe.png') })
} finally {
  await browser.close()
  const gone = once(host, 'exit')
  host.kill()
  await gone
  rmSync(home, { recursive: true, force: true, maxRetries: 5 })
}
