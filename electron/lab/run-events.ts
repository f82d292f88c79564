/** Progress of a run for the page: everything that matters, and not more steps than an eye can follow. */
import type { RunProgress } from '../contract/training.ts'

const interval = 100

/**
 * Passes lines on; of steps only the newest every tenth of a second. What is held back is passed on before
 * any other line, so the order stays.
 */
export function throttleSteps(pass: (line: RunProgress) => void): (line: RunProgress) => void {
  let held: RunProgress | undefined
  let timer: NodeJS.Timeout | undefined
  const release = (): void => {
    clearTimeout(timer)
    timer = undefined
    const line = held
    held = undefined
    if (line) pass(line)
  }
  return line => {
    if (line.kind === 'step') {
      held = line
      timer ??= setTimeout(release, interval)
      return
    }
    release()
    pass(line)
  }
}
