/** Names by which runs are told apart: runs of one name are numbered in the order in which they were started. */
import type { RunSummary } from '../../../electron/contract/training.ts'

type Named = Pick<RunSummary, 'id' | 'name' | 'started'>

export function runLabels(runs: readonly Named[]): ReadonlyMap<string, string> {
  const labels = new Map<string, string>()
  const seen = new Map<string, number>()
  const single = new Map<string, number>()
  for (const { name } of runs) single.set(name, (single.get(name) ?? 0) + 1)
  for (const { id, name } of [...runs].sort((a, b) => a.started.localeCompare(b.started))) {
    const place = (seen.get(name) ?? 0) + 1
    seen.set(name, place)
    labels.set(id, single.get(name) === 1 ? name : `${name} #${place}`)
  }
  return labels
}
