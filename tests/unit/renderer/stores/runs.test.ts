import { describe, expect, it } from 'vitest'
import type { RunSummary } from '../../../../electron/contract/training.ts'
import { advanced, runInProgress } from '../../../../renderer/stores/runs.ts'

const run = (rest: Partial<RunSummary> = {}): RunSummary => ({
  id: 'r',
  name: 'r',
  recipe: {} as RunSummary['recipe'],
  state: 'running',
  step: 0,
  steps: 100,
  started: '2026-01-01T00:00:00Z',
  parameters: 1,
  seconds: 0,
  engine: { simd: 'avx2', threads: 2 },
  ...rest
})

describe('a run after one thing has happened', () => {
  const step = {
    kind: 'step',
    step: 5,
    loss: 3,
    learningRate: 0.1,
    gradientNorm: 1,
    tokensPerSecond: 10,
    seconds: 2,
    secondsLeft: 40
  } as const

  it('is further, and a batch’s loss stands in until the text was looked at', () => {
    expect(advanced(run(), step)).toMatchObject({ step: 5, trainLoss: 3, secondsLeft: 40 })
    const evaluated = advanced(run(), { kind: 'evaluation', step: 5, trainLoss: 2, validationLoss: 2.5 })
    expect(advanced(evaluated, step)).toMatchObject({ trainLoss: 2, validationLoss: 2.5 })
  })
  it('keeps its validation loss where nothing is held out', () => {
    expect(advanced(run(), { kind: 'evaluation', step: 5, trainLoss: 2, validationLoss: null }).validationLoss).toBeUndefined()
  })
  it('ends with its model, or with what went wrong', () => {
    const done = { kind: 'done', run: 'r', model: 'home:r', steps: 100, trainLoss: 1, validationLoss: null, tokensPerSecond: 9 }
    expect(advanced(run({ validationLoss: 2 }), done as never)).toMatchObject({
      state: 'done',
      step: 100,
      model: 'home:r',
      validationLoss: 2
    })
    const failed = { kind: 'failed', step: 7, code: 'run-diverged', message: 'm', details: {} } as const
    expect(advanced(run(), failed)).toMatchObject({ state: 'failed', step: 7, failure: { code: 'run-diverged' } })
  })
})

describe('the run at the top', () => {
  it('is one that runs, else one that was paused, never one that has ended', () => {
    const [paused, running, done] = [run({ id: 'p', state: 'paused' }), run({ id: 'g' }), run({ id: 'd', state: 'done' })]
    expect(runInProgress([paused, running, done])?.id).toBe('g')
    expect(runInProgress([done, paused])?.id).toBe('p')
    expect(runInProgress([done])).toBeNull()
  })
})
