import { describe, expect, it } from 'vitest'
import type { Recipe, RunProgress } from '../../../electron/contract/training.ts'
import { advanceSummary, emptySummary, HistoryColumns } from '../../../electron/lab/run-summary.ts'
import type { RunRecord } from '../../../electron/training/run-folder.ts'

const record = {
  name: 'sonnets',
  started: '2026-01-01T00:00:00.000Z',
  parameters: 10,
  engine: { simd: 'avx2', threads: 2 }
} as RunRecord
const start = emptySummary('r', { steps: 100 } as Recipe, record)
const step = (at: number): RunProgress => ({
  kind: 'step',
  step: at,
  loss: 4 / at,
  learningRate: 1e-3,
  gradientNorm: 1,
  tokensPerSecond: 500,
  seconds: at / 10,
  secondsLeft: 10 - at / 10
})
const time = '2026-01-01T00:00:00.000Z'

describe('row of a run', () => {
  it('follows the lines of the log', () => {
    const lines: RunProgress[] = [
      { kind: 'start', step: 0, time, parameters: 10 },
      { kind: 'state', step: 0, state: 'running', time },
      { kind: 'evaluation', step: 0, trainLoss: 4, validationLoss: 4.1 },
      step(1),
      step(2),
      { kind: 'evaluation', step: 2, trainLoss: 2, validationLoss: 2.5 },
      { kind: 'state', step: 2, state: 'paused', time }
    ]
    expect(lines.reduce(advanceSummary, start)).toMatchObject({
      state: 'paused',
      step: 2,
      steps: 100,
      trainLoss: 2,
      validationLoss: 2.5,
      tokensPerSecond: 500,
      seconds: 0.2
    })
  })

  it('keeps a failure until the run goes on again', () => {
    const failed = (
      [
        step(1),
        { kind: 'failed', step: 1, code: 'run-diverged', message: 'x', details: {} },
        { kind: 'state', step: 1, state: 'failed', time }
      ] as RunProgress[]
    ).reduce(advanceSummary, start)
    expect(failed).toMatchObject({ state: 'failed', failure: { code: 'run-diverged' } })
    expect(advanceSummary(failed, { kind: 'state', step: 1, state: 'running', time }).failure).toBeUndefined()
  })
})

describe('history', () => {
  it('has columns of one length and no validation where nothing is held out', () => {
    const history = new HistoryColumns()
    for (let at = 1; at <= 1000; at++) {
      history.add(step(at))
      if (at % 100 === 0) history.add({ kind: 'evaluation', step: at, trainLoss: 1, validationLoss: null })
    }
    const snapshot = history.snapshot('r')
    history.add(step(1001))
    expect(snapshot.steps).toHaveLength(1000)
    expect(snapshot.trainLoss[999]).toBe(4 / 1000)
    expect(snapshot.gradientNorm).toHaveLength(1000)
    expect([...snapshot.evaluationSteps]).toEqual(Array.from({ length: 10 }, (_, i) => (i + 1) * 100))
    expect([...snapshot.evaluationValidation].every(Number.isNaN)).toBe(true)
  })
})
