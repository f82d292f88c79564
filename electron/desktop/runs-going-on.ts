/** How many runs are training now, for those who must know it between two events. */
import type { LabService } from '../contract/handlers.ts'
import { isWorking } from '../contract/run-row.ts'
import type { RunSummary } from '../contract/training.ts'

export interface RunsGoingOn {
  /** Runs that are training now. */
  count(): number
  /** Hears every change of the count. */
  onChange(listener: (count: number) => void): void
}

/** Follows the lab's runs from what they are now. */
export function followRuns(lab: LabService, runs: readonly RunSummary[]): RunsGoingOn {
  const running = (list: readonly RunSummary[]) => list.filter(({ state }) => isWorking(state)).length
  const listeners = new Set<(count: number) => void>()
  let count = running(runs)
  lab.subscribe((event, payload) => {
    if (event !== 'runs') return
    const next = running((payload as { runs: readonly RunSummary[] }).runs)
    if (next === count) return
    count = next
    for (const listener of listeners) listener(count)
  })
  return { count: () => count, onChange: listener => void listeners.add(listener) }
}
