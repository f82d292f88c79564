import { mkdtemp, readFile, readdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import type { RunProgress } from '../../../electron/contract/training.ts'
import { RunLog, readLog } from '../../../electron/training/run-log.ts'

let path: string
beforeEach(async () => {
  path = join(await mkdtemp(join(tmpdir(), 'gptlab-log-')), 'log.jsonl')
})

const step = (at: number): RunProgress => ({
  kind: 'step',
  step: at,
  loss: 1 / at,
  learningRate: 1e-3,
  gradientNorm: 1,
  tokensPerSecond: 1,
  seconds: at,
  secondsLeft: 0
})
const evaluation = (at: number): RunProgress => ({ kind: 'evaluation', step: at, trainLoss: 2, validationLoss: 2.5 })
const text = (lines: readonly RunProgress[]) => lines.map(line => `${JSON.stringify(line)}\n`).join('')

describe('run log', () => {
  it('keeps lines in the order in which they were added', async () => {
    const log = await RunLog.open(path, -1)
    for (let at = 1; at <= 100; at++) {
      log.append(step(at))
      if (at % 7 === 0) void log.write()
    }
    await log.close()
    expect((await readLog(path)).lines).toEqual(Array.from({ length: 100 }, (_, i) => step(i + 1)))
  })

  it('cuts off a line that a kill tore, at every place where it can be torn', async () => {
    const whole = text([step(1), step(2), step(3)])
    const second = text([step(1), step(2)]).length
    for (let length = second; length < whole.length; length++) {
      await writeFile(path, whole.slice(0, length))
      const log = await RunLog.open(path, 3)
      log.append(step(3))
      await log.close()
      expect(await readFile(path, 'utf8')).toBe(whole)
    }
  })

  it('drops what came after the checkpoint, so that the history has no step twice', async () => {
    await writeFile(path, text([step(1), step(2), evaluation(2), step(3), evaluation(3), step(4)]))
    const log = await RunLog.open(path, 2)
    expect(log.kept).toEqual([step(1), step(2), evaluation(2)])
    log.append(step(3))
    await log.close()
    expect((await readLog(path)).lines).toEqual([step(1), step(2), evaluation(2), step(3)])
  })

  it('starts anew when there was no checkpoint', async () => {
    await writeFile(path, text([evaluation(0), step(1)]))
    await (await RunLog.open(path, -1)).close()
    expect(await readFile(path, 'utf8')).toBe('')
  })

  it('sets a damaged log aside under another name and keeps the lines that can be read', async () => {
    await writeFile(path, `${text([step(1)])}\0\0\0\n${text([step(2)])}`)
    await (await RunLog.open(path, 2)).close()
    expect((await readLog(path)).lines).toEqual([step(1), step(2)])
    const names = await readdir(join(path, '..'))
    expect(names.filter(name => name.startsWith('log.jsonl.damaged-'))).toHaveLength(1)
  })
})
