/** Unit, native and packaging tests; pages are tested by Playwright (playwright.config.ts). */
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  plugins: [vue()],
  test: {
    include: ['tests/{unit,native,packaging}/**/*.test.ts'],
    // A native addon lives in a process, not in a thread that can be taken down under it.
    pool: 'forks',
    globalSetup: 'tests/session-worker.ts',
    // Several tests use as many threads as there are cores.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000
  }
})
