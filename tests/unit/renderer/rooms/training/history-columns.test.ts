/** A run's history in the page. */
import { expect, test } from 'vitest'
import type { RunHistory, RunProgress } from '../../../../../electron/contract/training.ts'
import { HistoryColumns as LabColumns } from '../../../../../electron/lab/run-summary.ts'
import { append, columnsOf, emptyColumns, rewound } from '../../../../../renderer/rooms/training/history-columns.ts'

const step = (at: number): RunProgress => ({
  kind: 'step',
  step: at,
  loss: 4 / at,
  learningRate: 1e-3,
  gradientNorm: 1,
  tokensPerSecond: 1000,
  seconds: at,
  secondsLeft: 100 - at
})
const lines: readonly RunProgress[] = [
  { kind: 'start', step: 0, time: '2026-03-05T09:00:00Z', parameters: 10 },
  { kind: 'evaluation', step: 0, trainLoss: 4, validationLoss: 4.1 },
  { kind: 'sample', step: 0, prompt: 'a', text: 'x' },
  step(1),
  step(2),
  { kind: 'checkpoint', step: 2, seconds: 2 },
  { kind: 'evaluation', step: 2, trainLoss: 2, validationLoss: null },
  { kind: 'sample', step: 2, prompt: 'a', text: 'b' },
  step(3),
  { kind: 'state', step: 3, state: 'done', time: '2026-03-05T09:00:03Z' }
]
function historyAfter(count: number): RunHistory {
  const lab = new LabColumns()
  for (const line of lines.slice(0, count)) lab.add(line)
  return lab.snapshot('run')
}

test('the page’s columns are the lab’s, wherever the history was read in between', () => {
  const whole = columnsOf(historyAfter(lines.length))
  for (let read = 0; read <= lines.length; read++) {
    const columns = columnsOf(historyAfter(read))
    // Everything that happened is announced, also what the history holds already.
    for (const line of lines) append(columns, line)
    expect(columns, `read after ${read} lines`).toEqual(whole)
  }
})

test('nothing held out is no number', () => {
  const columns = emptyColumns()
  for (const line of lines) append(columns, line)
  expect(columns.evaluationValidation).toEqual([4.1, NaN])
})

test('a run put back to an earlier checkpoint is noticed', () => {
  const columns = columnsOf(historyAfter(lines.length))
  const start = (at: number): RunProgress => ({ kind: 'start', step: at, time: '2026-03-05T10:00:00Z', parameters: 10 })
  expect(rewound(columns, start(2))).toBe(true)
  expect(rewound(columns, start(3))).toBe(false)
  expect(rewound(columns, step(1))).toBe(false)
})
