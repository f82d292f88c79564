/** Histories of the runs that are looked at: read once, then kept up with what the lab reports. */
import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import { isWorking } from '../../../electron/contract/run-row.ts'
import type { RunProgress } from '../../../electron/contract/training.ts'
import { call, on } from '../../lab.ts'
import { useConnection } from '../../stores/connection.ts'
import { append, columnsOf, emptyColumns, rewound, type HistoryColumns } from './history-columns.ts'

/** How often the curves are drawn while a run goes on, milliseconds. */
const drawEvery = 250
/**
 * The page is told of ten steps a second at most; all of them are read again after this many milliseconds, and
 * later the longer a history is.
 */
const readAgainAfter = (steps: number) => Math.max(4_000, steps)

/** Whether the run comes to rest with this line: what is shown then is shown for long, and must be whole. */
const rests = (line: RunProgress) => line.kind === 'state' && !isWorking(line.state)

interface Watched {
  columns: HistoryColumns
  /** When the columns were last read whole, milliseconds; 0 when never. */
  read: number
  /** Whether they are to be read once more after the reading that goes on. */
  again: boolean
  /** Lines that came while the history was on its way; null when none is. */
  late: RunProgress[] | null
}

export const useHistories = defineStore('histories', () => {
  const watched = new Map<string, Watched>()
  /** Columns by run. They are changed in place and announced together, so that a fast run does not draw a hundred times a second. */
  const histories = shallowRef<Readonly<Record<string, HistoryColumns>>>({})
  /** Runs laid over the one that is shown, in the order in which they were ticked. */
  const compared = ref<readonly string[]>([])
  let drawing: ReturnType<typeof setTimeout> | undefined

  /** The columns as they are now, under new names: a chart is drawn again, no column is copied. */
  function show(): void {
    clearTimeout(drawing)
    drawing = undefined
    const read = [...watched].filter(([, entry]) => entry.read > 0)
    histories.value = Object.fromEntries(read.map(([run, { columns }]) => [run, { ...columns }]))
  }
  const announce = () => void (drawing ??= setTimeout(show, drawEvery))

  async function read(run: string): Promise<void> {
    const entry = watched.get(run)
    if (!entry) return
    if (entry.late) return void (entry.again = true)
    entry.again = false
    entry.late = []
    try {
      entry.columns = columnsOf(await call('runs.history', { run }))
      entry.read = Date.now()
      for (const line of entry.late) append(entry.columns, line)
    } catch {
      // What is shown stays; a run that was deleted goes with its row.
    } finally {
      entry.late = null
      show()
    }
    if (entry.again) await read(run)
  }

  /** Reads a run's history unless it is known, and keeps it up. */
  function watchRun(run: string): void {
    if (watched.has(run)) return
    watched.set(run, { columns: emptyColumns(), read: 0, again: false, late: null })
    void read(run)
  }
  function compare(run: string, withIt: boolean): void {
    compared.value = [...compared.value.filter(id => id !== run), ...(withIt ? [run] : [])]
  }

  on('run', ({ run, progress }) => {
    const entry = watched.get(run)
    if (!entry) return
    const outdated = rewound(entry.columns, progress) || rests(progress)
    entry.late?.push(progress)
    append(entry.columns, progress)
    announce()
    const old = Date.now() - entry.read > readAgainAfter(entry.columns.steps.length)
    if (outdated || (old && progress.kind === 'evaluation')) void read(run)
  })
  useConnection().whenConnected(() => {
    for (const run of watched.keys()) void read(run)
  })
  return { histories, compared, watchRun, compare }
})
