/** Which runs are drawn, under which names, and what can be done with them. */
import { expect, test } from 'vitest'
import { drawnIds } from '../../../../../renderer/rooms/training/drawn-runs.ts'
import { runLabels } from '../../../../../renderer/rooms/training/run-label.ts'
import { actionsOf, isGoingOn } from '../../../../../renderer/rooms/training/run-state.ts'

test('runs of one name are numbered in the order of their start, whatever the order of the list', () => {
  const runs = [
    { id: 'c', name: 'twin', started: '2026-03-05T11:00:00Z' },
    { id: 'b', name: 'alone', started: '2026-03-05T10:00:00Z' },
    { id: 'a', name: 'twin', started: '2026-03-05T09:00:00Z' }
  ]
  expect(Object.fromEntries(runLabels(runs))).toEqual({ a: 'twin #1', b: 'alone', c: 'twin #2' })
})

test('the shown run comes first, and runs that are gone are not drawn', () => {
  const known = [{ id: 'a' }, { id: 'b' }]
  expect(drawnIds('a', ['b', 'a', 'gone'], known)).toEqual(['a', 'b'])
  expect(drawnIds(null, ['b'], known)).toEqual([])
})

test('a run that goes on cannot be deleted, and one that rests can be resumed unless it is done', () => {
  for (const state of ['running', 'paused', 'stopped', 'done', 'failed', 'interrupted'] as const) {
    expect(actionsOf(state).includes('delete'), state).toBe(!isGoingOn(state))
    expect(actionsOf(state).includes('resume'), state).toBe(state !== 'running' && state !== 'done')
  }
})
