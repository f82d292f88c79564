/** A run that gathers what it will learn from: it can be paused, stopped and closed meanwhile, like one that trains. */
import type { RunProgress, RunState } from '../contract/training.ts'
import type { RunControl } from '../training/run-control.ts'
import { writeRunData, type RunFolder, type RunRecord } from '../training/run-folder.ts'
import type { PreparedRun, RunData } from '../training/prepared-run.ts'

/** What gathering knows of its run. */
export interface GatheringRun {
  readonly folder: RunFolder
  readonly record: RunRecord
  readonly control: RunControl
  report(progress: RunProgress): void
}

/**
 * Gathers and keeps the data in the run's folder. Nothing of it stands in the log: a run that ends before has not
 * begun, and gathers anew when it is resumed.
 * @returns the data; or the state in which the run now stands, when it was asked to end before
 */
export async function gatherData(
  { folder, record, control, report }: GatheringRun,
  gather: Extract<PreparedRun['data'], (...input: never[]) => unknown>
): Promise<RunData | Extract<RunState, 'stopped' | 'interrupted'>> {
  const enter = (state: RunState) => report({ kind: 'state', step: 0, state, time: new Date().toISOString() })
  const data = await gather(async (done, total) => {
    report({ kind: 'preparing', done, total })
    while (control.asked() === 'pause') {
      enter('paused')
      await control.untilWoken()
      if (control.asked() === 'go') enter('preparing')
    }
    return control.asked() === 'go'
  })
  if (!data) {
    const state = control.asked() === 'stop' ? 'stopped' : 'interrupted'
    enter(state)
    return state
  }
  await writeRunData(folder, { ...record, ...dataRecord(data) }, data.comparisons)
  return data
}

/** What a run's record says of its data. */
export function dataRecord({ corpus, tokens }: RunData): Pick<RunRecord, 'corpus' | 'tokens'> {
  return { corpus, tokens }
}
