/** What can be done with a run in each state. */
import { isWorking } from '../../../electron/contract/run-row.ts'
import type { RunState } from '../../../electron/contract/training.ts'

export type RunAction = 'pause' | 'resume' | 'stop' | 'delete'

export function actionsOf(state: RunState): readonly RunAction[] {
  switch (state) {
    case 'preparing':
    case 'running':
      return ['pause', 'stop']
    case 'paused':
      return ['resume', 'stop']
    case 'interrupted':
    case 'stopped':
    case 'failed':
      return ['resume', 'delete']
    case 'done':
      return ['delete']
  }
}

/** Steps are still to come without anyone's doing, or after a pause. */
export const isGoingOn = (state: RunState): boolean => isWorking(state) || state === 'paused'

/** Colours of overlaid runs, in the order in which the charts use them. */
export const runColours = ['--base', '--bad', '--rl', '--rm', '--sft', '--ink2'] as const
