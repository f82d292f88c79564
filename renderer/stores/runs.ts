/** The runs there are, kept up to date by what the lab reports on the way. */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { advanceSummary, isWorking } from '../../electron/contract/run-row.ts'
import type { RunSummary } from '../../electron/contract/training.ts'
import { call, on } from '../lab.ts'
import { useConnection } from './connection.ts'

/** The run to show at the top: one that works, else the one paused last. */
export function runInProgress(runs: readonly RunSummary[]): RunSummary | null {
  return runs.find(({ state }) => isWorking(state)) ?? runs.find(run => run.state === 'paused') ?? null
}

export const useRuns = defineStore('runs', () => {
  const runs = shallowRef<readonly RunSummary[]>([])
  const loaded = ref(false)
  const active = computed(() => runInProgress(runs.value))

  function take(list: readonly RunSummary[]): void {
    runs.value = [...list].sort((a, b) => b.started.localeCompare(a.started))
    loaded.value = true
  }
  const replace = (run: RunSummary) => take([run, ...runs.value.filter(({ id }) => id !== run.id)])
  useConnection().whenConnected(() => void call('runs.list').then(take, () => {}))
  on('runs', event => take(event.runs))
  on('run', ({ run, progress }) => {
    runs.value = runs.value.map(summary => (summary.id === run ? advanceSummary(summary, progress) : summary))
  })
  return { runs, loaded, active, replace, find: (id: string) => runs.value.find(run => run.id === id) ?? null }
})
