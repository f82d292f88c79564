/** End-to-end tests: pages in Chromium, the desktop in the stand-in (or in real Electron with REAL_ELECTRON=1). */
import { existsSync } from 'node:fs'
import { defineConfig } from '@playwright/test'

/** $CHROMIUM, the system's, or, when there is none, Playwright's own. */
const chromium = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  path => path && existsSync(path)
)

// The stand-in runs the same one.
if (chromium) process.env['CHROMIUM'] = chromium

export default defineConfig({
  testDir: 'tests/e2e',
  outputDir: 'tests/output/e2e',
  globalSetup: './tests/standin/build.ts',
  // Every test has a lab of its own, and most of them train.
  workers: 1,
  // Generous: a machine that is busy elsewhere is slow, not wrong.
  timeout: 240_000,
  expect: { timeout: 30_000 },
  forbidOnly: !!process.env['CI'],
  reporter: [['list']],
  use: {
    viewport: { width: 1440, height: 900 },
    screenshot: 'only-on-failure',
    // No trace: its snapshots and pictures of a page that changes all the time take more than the page itself.
    launchOptions: { executablePath: chromium, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] }
  }
})
