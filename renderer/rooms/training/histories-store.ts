/** Histories of the runs that are looked at: read once, then kept up with what the lab reports. */
import { defineStore } from 'pinia'
import { shallowRef, triggerRef } from 'vue'
import type { RunProgress } from '../../../electron/contract/training.ts'
import { call, on } from '../../lab.ts'
import { useConnection } from '../../stores/connection.ts'
import { append, columnsOf, emptyColumns, type HistoryColumns } from './history-columns.ts'

/** The page is told of ten steps a second at most; the rest is read again this often (milliseconds). */
const readAgainAfter = 4_000
/** How often the curves are drawn while a run goes on, milliseconds. */
const drawEvery = 250

interface Watched {
  columns: HistoryColumns
  read: number
  /** Lines that came while the history was on its way; null when none is. */
  late: RunProgress[] | null
}

export const useHistories = defineStore('histories', () => {
  const watched = new Map<string, Watched>()
  /** Columns by run. They are changed in place and announced together, so that a fast run does not draw a hundred times a second. */
  const histories = shallowRef<Readonly<Record<string, HistoryColumns>>>({})
  let drawing: ReturnType<typeof setTimeout> | undefined

  function announce(): void {
    drawing ??= setTimeout(() => {
      drawing = undefined
      histories.value = Object.fromEntries([...watched].map(([run, { columns }]) => [run, { ...columns }]))
      triggerRef(histories)
    }, drawEvery)
  }

  async function read(run: string): Promise<void> {
    const entry = watched.get(run)
    if (!entry || entry.late) return
    entry.late = []
    try {
      entry.columns = columnsOf(await call('runs.history', { run }))
      entry.read = Date.now()
      for (const line of entry.late) append(entry.columns, line)
    } catch {
      // What is shown stays; a run that was deleted goes with its row.
    } finally {
      entry.late = null
      announce()
    }
  }

  /** Reads a run's history unless it is known, and keeps it up. */
  function watchRun(run: string): void {
    if (watched.has(run)) return
    watched.set(run, { columns: emptyColumns(), read: 0, late: null })
    void read(run)
  }

  on('run', ({ run, progress }) => {
    const entry = watched.get(run)
    if (!entry) return
    entry.late?.push(progress)
    append(entry.columns, progress)
    announce()
    const complete = progress.kind === 'evaluation' || progress.kind === 'state' || progress.kind === 'done'
    const rewound = progress.kind === 'start' && progress.step < (entry.columns.steps.at(-1) ?? 0)
    if (rewound || (complete && Date.now() - entry.read > readAgainAfter) || progress.kind === 'done') void read(run)
  })
  useConnection().whenConnected(() => {
    for (const run of watched.keys()) void read(run)
  })
  return { histories, watchRun }
})
