/** A run's row, computed from what happens in it: the same in the lab, from a log, and in the page, from events. */
import type { RunProgress, RunState, RunSummary } from './training.ts'

/** Something comes next without anyone's doing. */
export function isWorking(state: RunState): boolean {
  return state === 'running' || state === 'preparing'
}

/** The row after one more line. */
export function advanceSummary(summary: RunSummary, line: RunProgress): RunSummary {
  switch (line.kind) {
    case 'preparing':
      return { ...summary, prepared: line.done / line.total }
    case 'step':
      return {
        ...summary,
        step: line.step,
        seconds: line.seconds,
        tokensPerSecond: line.tokensPerSecond,
        secondsLeft: line.secondsLeft,
        // Until the text was looked at, a batch's loss stands in.
        ...(summary.validationLoss === undefined && { trainLoss: line.loss })
      }
    case 'evaluation':
      return {
        ...summary,
        trainLoss: line.trainLoss,
        ...(line.validationLoss !== null && { validationLoss: line.validationLoss })
      }
    case 'metrics':
      return { ...summary, metrics: { ...summary.metrics, ...line.values } }
    case 'checkpoint':
      return { ...summary, seconds: line.seconds }
    case 'state': {
      const { failure, prepared, ...rest } = summary
      // A pause while it prepares is one of preparing.
      const prepares = line.state === 'preparing' || line.state === 'paused'
      return {
        ...rest,
        state: line.state,
        step: line.step,
        ...(prepares && prepared !== undefined && { prepared }),
        ...(line.state === 'failed' && failure && { failure })
      }
    }
    case 'failed':
      return { ...summary, failure: { code: line.code, message: line.message, details: line.details } }
    case 'done':
      return {
        ...summary,
        model: line.model,
        trainLoss: line.trainLoss,
        ...(line.validationLoss !== null && { validationLoss: line.validationLoss }),
        tokensPerSecond: line.tokensPerSecond,
        secondsLeft: 0
      }
    default:
      return summary
  }
}
