/** The runs whose curves are drawn together: the one that is shown first, then those that are compared with it. */
import { computed, watch, type ComputedRef } from 'vue'
import { useRuns } from '../../stores/runs.ts'
import { emptyColumns, type HistoryColumns } from './history-columns.ts'
import { useHistories } from './histories-store.ts'
import { runLabels } from './run-label.ts'

export interface DrawnRun {
  readonly id: string
  readonly name: string
  readonly columns: HistoryColumns
  /** Its history has been read. */
  readonly known: boolean
}

/** Ids in the order of their colours; runs that are gone are left out. */
export function drawnIds(shown: string | null, compared: readonly string[], known: readonly { readonly id: string }[]): string[] {
  if (shown === null) return []
  return [shown, ...compared.filter(id => id !== shown && known.some(run => run.id === id))]
}

/** Reads the histories of the runs that are drawn, and keeps them up. */
export function useDrawnRuns(shown: () => string): ComputedRef<readonly DrawnRun[]> {
  const runs = useRuns()
  const histories = useHistories()
  const ids = computed(() => drawnIds(shown(), histories.compared, runs.runs))
  watch(ids, now => now.forEach(histories.watchRun), { immediate: true })
  const labels = computed(() => runLabels(runs.runs))
  return computed(() =>
    ids.value.map(id => ({
      id,
      name: labels.value.get(id) ?? id,
      columns: histories.histories[id] ?? emptyColumns(),
      known: id in histories.histories
    }))
  )
}
