/** PPO and GRPO as runs: what they report, what they learn, and that a killed one ends with the same bits. */
import { spawn } from 'node:child_process'
import { mkdir, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { RunProgress } from '../../../electron/contract/training.ts'
import { readLog } from '../../../electron/training/run-log.ts'
import { listSnapshots } from '../../../electron/training/snapshots.ts'
import { smallPpo } from './small-policy.ts'

const root = join(import.meta.dirname, '../../..')

async function newRun(): Promise<string> {
  const path = join(await mkdtemp(join(tmpdir(), 'gptlab-policy-')), 'run')
  await mkdir(path)
  return path
}

/** Node cannot run TypeScript by itself; Vite's module runner can. */
const program = (path: string, stage: string, threads: number) => `
  const { runnerImport } = await import(${JSON.stringify(pathToFileURL(join(root, 'node_modules/vite/dist/node/index.js')).href)})
  const { module } = await runnerImport(${JSON.stringify(join(import.meta.dirname, 'policy-process.ts'))}, { root: ${JSON.stringify(root)}, configFile: false, logLevel: 'error' })
  await module.trainPolicyToTheEnd(${JSON.stringify(path)}, ${JSON.stringify(stage)}, ${threads})
  process.exit(0)
`

/** Trains in a process of its own, which is killed without warning once the log has reached `killAt` steps. */
function train(path: string, stage: 'ppo' | 'grpo', threads: number, killAt?: number) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program(path, stage, threads)], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe']
  })
  let [output, errors] = ['', '']
  child.stdout.on('data', data => (output += data))
  child.stderr.on('data', data => (errors += data))
  const watch = setInterval(() => {
    if (killAt === undefined) return
    void readLog(join(path, 'log.jsonl')).then(({ lines }) => {
      if (lines.some(line => line.kind === 'step' && line.step >= killAt)) child.kill('SIGKILL')
    })
  }, 2)
  return new Promise<{ killed: boolean; output: string; errors: string }>(resolve =>
    child.on('close', (_, signal) => {
      clearInterval(watch)
      resolve({ killed: signal === 'SIGKILL', output, errors })
    })
  )
}

const linesOf = async (path: string) => (await readLog(join(path, 'log.jsonl'))).lines
const ofKind = <K extends RunProgress['kind']>(lines: readonly RunProgress[], kind: K) =>
  lines.filter((line): line is Extract<RunProgress, { kind: K }> => line.kind === kind)

/** What must not depend on interruptions: all but times and speeds. */
function figures(lines: readonly RunProgress[]): unknown[] {
  return [
    ...ofKind(lines, 'step').map(({ step, loss, learningRate, gradientNorm }) => [step, loss, learningRate, gradientNorm]),
    ...ofKind(lines, 'metrics').map(({ step, values }) => [
      step,
      Object.entries(values).filter(([name]) => !name.startsWith('time/'))
    ]),
    ...ofKind(lines, 'rollouts'),
    ...ofKind(lines, 'sample')
  ]
}

describe.each(['ppo', 'grpo'] as const)('a run of %s', stage => {
  it('reports what it does, and ends with the same bits when it is killed on the way', async () => {
    const whole = await newRun()
    const undisturbed = await train(whole, stage, 2)
    expect(undisturbed.errors).toBe('')
    expect(JSON.parse(undisturbed.output)).toMatchObject({ state: 'done' })
    const lines = await linesOf(whole)
    const metrics = ofKind(lines, 'metrics')
    expect(metrics.map(({ step }) => step)).toEqual(Array.from({ length: smallPpo.steps }, (_, i) => i + 1))
    for (const name of [
      'objective/kl',
      'objective/rlhf_reward',
      'objective/scores',
      'policy/approxkl_avg',
      'policy/clipfrac_avg',
      'policy/entropy_avg',
      'loss/policy_avg',
      'rater/quality'
    ])
      expect(
        metrics.every(({ values }) => Number.isFinite(values[name])),
        name
      ).toBe(true)
    // Rounds at iterations 3, 6 and 9, each seen in the metrics of the one that follows.
    expect(metrics.filter(({ values }) => 'reward/accuracy' in values).map(({ step }) => step)).toEqual([4, 7, 10])
    const rollouts = ofKind(lines, 'rollouts')
    expect(rollouts.map(({ step }) => step)).toEqual([4, 8, 12])
    expect(new Set(rollouts.map(({ items }) => items.map(({ first }) => first).join())).size).toBe(1)
    expect(await listSnapshots(join(whole, 'snapshots'))).toEqual([0, 4, 8, 12])

    const torn = await newRun()
    let kills = 0
    // With another number of threads too: neither does that change a bit.
    for (const killAt of [2, 5, 9]) if ((await train(torn, stage, killAt === 5 ? 1 : 2, killAt)).killed) kills++
    const resumed = await train(torn, stage, 2)
    expect(resumed.errors).toBe('')
    expect(kills).toBeGreaterThanOrEqual(1)
    expect(resumed.output).toBe(undisturbed.output)
    expect(figures(await linesOf(torn))).toEqual(figures(lines))
  }, 240_000)
})
