/** A process ends as it should, whatever its plans are doing. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { Scenario } from './lifetime-process.ts'

const root = join(import.meta.dirname, '../..')
const vite = pathToFileURL(join(root, 'node_modules/vite/dist/node/index.js')).href
const file = join(import.meta.dirname, 'lifetime-process.ts')

/** Node cannot run TypeScript by itself; Vite's module runner can. */
const program = (scenario: Scenario) => `
  const { runnerImport } = await import(${JSON.stringify(vite)})
  const options = { root: ${JSON.stringify(root)}, configFile: false, logLevel: 'error' }
  const { module } = await runnerImport(${JSON.stringify(file)}, options)
  await module.scenarios[${JSON.stringify(scenario)}]()
`

/** The same in a thread of Node's, taken down while it computes. */
const inThread = (scenario: Scenario) => `
  import { Worker } from 'node:worker_threads'
  const source = 'data:text/javascript,' + encodeURIComponent(${JSON.stringify(`${program(scenario)}; (await import('node:worker_threads')).parentPort.postMessage('training')`)})
  for (let i = 0; i < 2; i++) {
    const worker = new Worker(new URL(source))
    await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
    await new Promise(resolve => setTimeout(resolve, 50))
    await worker.terminate()
  }
  console.log('taken down')
`

function run(source: string): Promise<{ code: number | null; signal: string | null; output: string; errors: string }> {
  const child = spawn(process.execPath, ['--expose-gc', '--input-type=module', '-e', source], { cwd: root })
  let [output, errors] = ['', '']
  child.stdout.on('data', (part: Buffer) => (output += part.toString()))
  child.stderr.on('data', (part: Buffer) => (errors += part.toString()))
  return new Promise(resolve => child.on('close', (code, signal) => resolve({ code, signal, output: output.trim(), errors })))
}

describe('a process', () => {
  it('exits at once while calls run', async () => {
    expect(await run(program('exit while calls run'))).toMatchObject({ code: 7, signal: null, errors: '' })
  })
  it('dies of an error of its own, not of the engine', async () => {
    const ended = await run(program('an error that nobody catches while calls run'))
    expect(ended).toMatchObject({ code: 1, signal: null, errors: expect.stringContaining('meant') })
  })
  it('waits for calls that are under way, then ends by itself with a plan still open', async () => {
    const ended = await run(program('the last lines are over while calls run'))
    expect(ended).toMatchObject({ code: 0, signal: null, output: '20 steps\n5 tokens' })
  })
  it('may forget plans, open or in use: their calls still settle', async () => {
    const ended = await run(program('plans are forgotten, open and in use'))
    expect(ended).toMatchObject({ code: 0, signal: null, output: '20 settled' })
  })
  it('may close plans in the middle of calls', async () => {
    const ended = await run(program('plans are closed in the middle of calls'))
    expect(ended).toMatchObject({ code: 0, signal: null, output: '40 settled' })
  })
  it('outlives threads that are taken down while their plans train', async () => {
    expect(await run(inThread('train for long'))).toMatchObject({ code: 0, signal: null, output: 'taken down' })
  })
})
