/** A machine without a compiler: the installation succeeds, the lab opens, and training says what to install. */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')
const checkout = mkdtempSync(join(tmpdir(), 'gptlab-no-compiler-'))
const build = join(checkout, 'electron/engine/build')
afterAll(() => rmSync(checkout, { recursive: true, force: true }))

/** Runs one of the checkout's programs on a machine that has Node and nothing else. */
function run(...words: string[]) {
  const environment = {
    GPTLAB_HOME: join(checkout, 'home'),
    SystemRoot: process.env['SystemRoot'],
    PATH: join(checkout, 'empty')
  }
  return spawnSync(process.execPath, words, { cwd: checkout, encoding: 'utf8', env: environment as NodeJS.ProcessEnv })
}

beforeAll(() => {
  for (const name of ['package.json', 'out', 'models', 'electron/corpora/texts'])
    cpSync(join(root, name), join(checkout, name), { recursive: true })
  const built = join(root, 'electron/engine/build')
  cpSync(join(root, 'electron/engine'), join(checkout, 'electron/engine'), { recursive: true, filter: path => path !== built })
  symlinkSync(join(root, 'node_modules'), join(checkout, 'node_modules'), 'junction')
  mkdirSync(join(checkout, 'empty'))
})

it('the build of the engine does not fail, and leaves the reason and what to install', () => {
  const { status, stdout } = run('electron/engine/build.mjs')
  expect(status).toBe(0)
  expect(stdout).toContain('Everything but training works.')
  expect(existsSync(join(build, 'Release/gptlab_engine.node'))).toBe(false)
  const problem = JSON.parse(readFileSync(join(build, 'problem.json'), 'utf8')) as { reason: string; install: string }
  expect(problem.reason).toMatch(/python|compiler|not found|could not find|visual studio|make/i)
  expect(problem.install).toMatch(/install/i)
})

it('the lab opens, and only training is refused, in words', () => {
  const listed = run('out/main/gptlab.js', 'models', '--json')
  expect(listed.status, listed.stderr).toBe(0)
  expect(JSON.parse(listed.stdout)).toMatchObject({ models: expect.any(Array) as unknown })
  expect(run('out/main/gptlab.js', 'tokenize', '--tokenizer', 'gpt2', 'hello').status).toBe(0)

  const refused = run('out/main/gptlab.js', 'train', '--recipe', 'sonnets-char', '--json')
  expect(refused.status).toBe(1)
  const failure = JSON.parse(refused.stderr.trim().split('\n').at(-1)!) as { code: string; message: string }
  const { install } = JSON.parse(readFileSync(join(build, 'problem.json'), 'utf8')) as { install: string }
  expect(failure.code).toBe('engine-missing')
  expect(failure.message).toContain(install)
})
