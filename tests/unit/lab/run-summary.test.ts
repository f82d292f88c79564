import { describe, expect, it } from 'vitest'
import { advanceSummary } from '../../../electron/contract/run-row.ts'
import type { Recipe, RunProgress, RunState } from '../../../electron/contract/training.ts'
import { emptySummary, HistoryColumns } from '../../../electron/lab/run-summary.ts'
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

  it('lets a batch’s loss stand in until the text was looked at, and keeps its validation loss where nothing is held out', () => {
    expect(advanceSummary(start, step(4))).toMatchObject({ step: 4, trainLoss: 1, secondsLeft: 9.6 })
    const looked = advanceSummary(start, { kind: 'evaluation', step: 4, trainLoss: 2, validationLoss: 2.5 })
    expect(advanceSummary(looked, step(5))).toMatchObject({ trainLoss: 2, validationLoss: 2.5 })
    const without = advanceSummary(start, { kind: 'evaluation', step: 4, trainLoss: 2, validationLoss: null })
    expect(without.validationLoss).toBeUndefined()
  })

  it('of a run that was stopped has its model and stays stopped', () => {
    const done = {
      kind: 'done',
      run: 'r',
      model: 'home:r',
      steps: 5,
      trainLoss: 1,
      validationLoss: null,
      tokensPerSecond: 9
    } as const
    const stopped = advanceSummary(start, { kind: 'state', step: 5, state: 'stopped', time })
    expect(advanceSummary(stopped, done)).toMatchObject({ state: 'stopped', step: 5, model: 'home:r', secondsLeft: 0 })
  })

  it('says how far its gathering is, through a pause, and no longer once it trains or has ended', () => {
    const state = (state: RunState): RunProgress => ({ kind: 'state', step: 0, state, time })
    const half = [state('preparing'), { kind: 'preparing', done: 1, total: 2 } as const].reduce(advanceSummary, start)
    expect(half.prepared).toBe(0.5)
    expect(advanceSummary(half, state('paused')).prepared).toBe(0.5)
    for (const after of ['running', 'stopped', 'interrupted', 'failed'] as const)
      expect(advanceSummary(half, state(after)).prepared, after).toBeUndefined()
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
