/**
 * `npm test`: every suite, one after the other, and one closing line that adds them up.
 *
 *   vitest      tests/unit, tests/native, tests/packaging
 *   playwright  tests/e2e in the system's Chromium or Playwright's; installed where that can be done,
 *               else reported as skipped with the reason
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const output = join(root, 'tests/output')
mkdirSync(output, { recursive: true })
process.chdir(root)

const totals = { passed: 0, failed: 0, skipped: 0 }
const run = (command, words, environment = {}) =>
  spawnSync(command, words, { stdio: 'inherit', shell: process.platform === 'win32', env: { ...process.env, ...environment } })
    .status

/** Adds a runner's report to the totals; a runner that left none, or failed without a failed test, counts as one failure. */
function add(name, status, report, count) {
  let counted = { passed: 0, failed: 0, skipped: 0 }
  if (existsSync(report)) counted = count(JSON.parse(readFileSync(report, 'utf8')))
  if (status !== 0 && counted.failed === 0) {
    console.error(`${name} ended with code ${status} and no failed test: counted as one failure.`)
    counted.failed = 1
  }
  for (const key of Object.keys(totals)) totals[key] += counted[key]
}

const unit = join(output, 'vitest.json')
rmSync(unit, { force: true })
add(
  'vitest',
  run('npx', ['vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${unit}`]),
  unit,
  report => ({
    passed: report.numPassedTests,
    failed:
      report.numFailedTests +
      report.testResults.filter(file => file.status === 'failed' && file.assertionResults.length === 0).length,
    skipped: report.numPendingTests + (report.numTodoTests ?? 0)
  })
)

/** Path of a Chromium: $CHROMIUM, the system's, Playwright's; installs one where that can be done; null when there is none. */
async function findBrowser() {
  const places = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
  const found = () => places.find(path => path && existsSync(path))
  if (found()) return found()
  const { chromium } = await import('@playwright/test')
  if (existsSync(chromium.executablePath())) return chromium.executablePath()
  if (process.platform === 'linux' && process.getuid() === 0 && existsSync('/usr/bin/apt-get')) {
    console.log('No browser found: installing Chromium with apt-get.')
    run('apt-get', ['update', '-qq'])
    run('apt-get', ['install', '-y', '-qq', 'chromium', 'fonts-noto-cjk'], { DEBIAN_FRONTEND: 'noninteractive' })
    if (found()) return found()
  }
  console.log('No browser found: trying Playwright’s own.')
  run('npx', ['playwright', 'install', 'chromium'])
  return existsSync(chromium.executablePath()) ? chromium.executablePath() : null
}

const browser = await findBrowser()
const pages = join(output, 'playwright.json')
rmSync(pages, { force: true })
if (browser) {
  const status = run('npx', ['playwright', 'test', '--reporter=list,json'], {
    CHROMIUM: browser,
    PLAYWRIGHT_JSON_OUTPUT_NAME: pages
  })
  add('playwright', status, pages, ({ stats }) => ({
    passed: stats.expected + stats.flaky,
    failed: stats.unexpected,
    skipped: stats.skipped
  }))
} else {
  const listed = spawnSync('npx', ['playwright', 'test', '--list', '--reporter=json'], {
    encoding: 'utf8',
    shell: process.platform === 'win32'
  })
  const count =
    JSON.parse(listed.stdout || '{"stats":{"skipped":0,"expected":0}}').suites?.flatMap(file => file.specs).length ?? 0
  console.log(
    `End-to-end tests skipped: no Chromium on this machine and none could be installed. Install Chromium, or set CHROMIUM to its path.`
  )
  totals.skipped += Math.max(1, count)
}

console.log(`\n${totals.passed} passed, ${totals.failed} failed${totals.skipped ? `, ${totals.skipped} skipped` : ''}`)
process.exit(totals.failed > 0 || totals.passed === 0 ? 1 : 0)
