/** The runs there are, kept up to date by what the lab reports on the way. */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import type { RunProgress, RunState, RunSummary } from '../../electron/contract/training.ts'
import { call, on } from '../lab.ts'
import { useConnection } from './connection.ts'

/** Without anyone's doing something comes next. */
export const isWorking = (state: RunState): boolean => state === 'running' || state === 'preparing'

/** A run's summary after one thing has happened in it. */
export function advanced(run: RunSummary, progress: RunProgress): RunSummary {
  switch (progress.kind) {
    case 'step':
      return {
        ...run,
        step: progress.step,
        // Until the text was looked at, a batch's loss stands in.
        ...(run.validationLoss === undefined && { trainLoss: progress.loss }),
        tokensPerSecond: progress.tokensPerSecond,
        seconds: progress.seconds,
        secondsLeft: progress.secondsLeft
      }
    case 'evaluation':
      return {
        ...run,
        trainLoss: progress.trainLoss,
        ...(progress.validationLoss !== null && { validationLoss: progress.validationLoss })
      }
    case 'preparing':
      return { ...run, prepared: progress.done / progress.total }
    case 'state':
      return { ...run, step: progress.step, state: progress.state, ...(progress.state === 'running' && { prepared: undefined }) }
    case 'done':
      return {
        ...run,
        state: 'done',
        step: progress.steps,
        model: progress.model,
        trainLoss: progress.trainLoss,
        validationLoss: progress.validationLoss ?? run.validationLoss
      }
    case 'failed':
      return { ...run, state: 'failed', step: progress.step, failure: progress }
    case 'start':
    case 'sample':
    case 'checkpoint':
    case 'rollouts':
      return run
    case 'metrics':
      return { ...run, metrics: { ...run.metrics, ...progress.values } }
  }
}

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
    runs.value = runs.value.map(summary => (summary.id === run ? advanced(summary, progress) : summary))
  })
  return { runs, loaded, active, replace, find: (id: string) => runs.value.find(run => run.id === id) ?? null }
})
