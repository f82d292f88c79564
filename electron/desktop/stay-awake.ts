/** The machine does not go to sleep while a run trains; its screen may. */
import { powerSaveBlocker } from 'electron'
import type { RunsGoingOn } from './runs-going-on.ts'

export function stayAwake(runs: RunsGoingOn): void {
  let blocker: number | null = null
  const follow = (count: number) => {
    if (count > 0 && blocker === null) blocker = powerSaveBlocker.start('prevent-app-suspension')
    else if (count === 0 && blocker !== null) {
      powerSaveBlocker.stop(blocker)
      blocker = null
    }
  }
  follow(runs.count())
  runs.onChange(follow)
}
