import { describe, expect, it } from 'vitest'
import type { RunSummary } from '../../../../electron/contract/training.ts'
import { runInProgress } from '../../../../renderer/stores/runs.ts'

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

describe('the run at the top', () => {
  it('is one that runs, else one that was paused, never one that has ended', () => {
    const [paused, running, done] = [run({ id: 'p', state: 'paused' }), run({ id: 'g' }), run({ id: 'd', state: 'done' })]
    expect(runInProgress([paused, running, done])?.id).toBe('g')
    expect(runInProgress([done, paused])?.id).toBe('p')
    expect(runInProgress([done])).toBeNull()
  })
})
