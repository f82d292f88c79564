/** A run that is killed with `kill -9`, several times, ends with the same bits as one that never was. */
import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { Recipe } from '../../../electron/contract/training.ts'
import { overrideRecipe, parseRecipe } from '../../../electron/training/recipe.ts'
import { readLog } from '../../../electron/training/run-log.ts'
import { seededRandom } from '../../../electron/sampling/random.ts'
import { readFileSync } from 'node:fs'

const root = join(import.meta.dirname, '../../..')
const shipped = parseRecipe(readFileSync(join(root, 'models/recipes/sonnets-char.json'), 'utf8'), 'sonnets-char')
const small = overrideRecipe(shipped, [
  'model.layers=2',
  'model.heads=2',
  'model.channels=64',
  'model.context=32',
  'batch.size=8',
  'steps=900',
  'evaluation.every=100',
  'evaluation.batches=2',
  'samples.every=300',
  'samples.tokens=40',
  'samples.prompt=a',
  'checkpointSeconds=0.1'
])

/** Text of a small alphabet, made from a seed. */
function someText(length: number): string {
  const random = seededRandom(7)
  return Array.from({ length }, () => 'abcde fghi\n'[random.integer(11)]).join('')
}

async function newRun(recipe: Recipe): Promise<string> {
  const path = join(await mkdtemp(join(tmpdir(), 'gptlab-run-')), 'run')
  await mkdir(path)
  await writeFile(join(path, 'recipe.json'), JSON.stringify(recipe))
  await writeFile(join(path, 'text.txt'), someText(20_000))
  return path
}

/** Node cannot run TypeScript by itself; Vite's module runner can. */
const program = (path: string, threads: number) => `
  const { runnerImport } = await import(${JSON.stringify(pathToFileURL(join(root, 'node_modules/vite/dist/node/index.js')).href)})
  const { module } = await runnerImport(${JSON.stringify(join(import.meta.dirname, 'training-process.ts'))}, { root: ${JSON.stringify(root)}, configFile: false, logLevel: 'error' })
  await module.trainToTheEnd(${JSON.stringify(path)}, ${threads})
  process.exit(0)
`

/** Starts the process; kills it without warning once the log has reached `killAt` steps. */
function train(path: string, threads: number, killAt?: number): Promise<{ killed: boolean; output: string; errors: string }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program(path, threads)], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe']
  })
  let output = ''
  let errors = ''
  child.stdout.on('data', data => (output += data))
  child.stderr.on('data', data => (errors += data))
  const watch = setInterval(() => {
    if (killAt === undefined) return
    void readLog(join(path, 'log.jsonl')).then(({ lines }) => {
      const last = lines.findLast(line => line.kind === 'step')
      if (last && last.step >= killAt) child.kill('SIGKILL')
    })
  }, 5)
  return new Promise(resolve =>
    child.on('close', (_, signal) => {
      clearInterval(watch)
      resolve({ killed: signal === 'SIGKILL', output, errors })
    })
  )
}

/** What of a log must not depend on interruptions: all but times, speeds and when checkpoints fell. */
async function figures(path: string): Promise<unknown[]> {
  const { lines } = await readLog(join(path, 'log.jsonl'))
  return lines.flatMap((line): unknown[] => {
    if (line.kind === 'step') return [[line.step, line.loss, line.learningRate, line.gradientNorm]]
    if (line.kind === 'evaluation' || line.kind === 'sample') return [line]
    return []
  })
}

describe('kill -9 and resume', () => {
  it.each([
    ['with dropout', ['model.dropout=0.2']],
    ['without dropout', ['model.dropout=0']]
  ])(
    'ends with the same bits and the same log %s',
    async (_, overrides) => {
      const recipe = overrideRecipe(small, overrides)
      const whole = await newRun(recipe)
      const undisturbed = await train(whole, 2)
      expect(undisturbed.errors).toBe('')
      expect(JSON.parse(undisturbed.output)).toMatchObject({ state: 'done' })

      const torn = await newRun(recipe)
      let kills = 0
      // The last attempts use one thread: neither does their number change a bit.
      for (const killAt of [1, 150, 420, 700]) if ((await train(torn, killAt > 400 ? 1 : 2, killAt)).killed) kills++
      const resumed = await train(torn, 2)
      expect(resumed.errors).toBe('')
      expect(kills).toBeGreaterThanOrEqual(2)
      expect(resumed.output).toBe(undisturbed.output)
      const expected = await figures(whole)
      expect(expected.filter(Array.isArray)).toHaveLength(900)
      expect(await figures(torn)).toEqual(expected)
    },
    240_000
  )
})
