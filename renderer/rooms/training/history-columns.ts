/** A run's history in the page: what the lab sent, and what has happened since. */
import type { RunHistory, RunProgress, RunSample } from '../../../electron/contract/training.ts'

/** Columns that grow; the columns of one group have one length. */
export interface HistoryColumns {
  readonly steps: number[]
  readonly trainLoss: number[]
  readonly learningRate: number[]
  readonly gradientNorm: number[]
  readonly tokensPerSecond: number[]
  readonly evaluationSteps: number[]
  readonly evaluationTrain: number[]
  readonly evaluationValidation: number[]
  readonly checkpointSteps: number[]
  readonly samples: RunSample[]
}

export const emptyColumns = (): HistoryColumns => ({
  steps: [],
  trainLoss: [],
  learningRate: [],
  gradientNorm: [],
  tokensPerSecond: [],
  evaluationSteps: [],
  evaluationTrain: [],
  evaluationValidation: [],
  checkpointSteps: [],
  samples: []
})

export const columnsOf = (history: RunHistory): HistoryColumns => ({
  steps: [...history.steps],
  trainLoss: [...history.trainLoss],
  learningRate: [...history.learningRate],
  gradientNorm: [...history.gradientNorm],
  tokensPerSecond: [...history.tokensPerSecond],
  evaluationSteps: [...history.evaluationSteps],
  evaluationTrain: [...history.evaluationTrain],
  evaluationValidation: [...history.evaluationValidation],
  checkpointSteps: [...history.checkpointSteps],
  samples: [...history.samples]
})

/**
 * Adds what has happened. Lines that the columns already hold (they were on their way while the history was
 * read) are left out: each group rises in its steps.
 */
export function append(columns: HistoryColumns, line: RunProgress): void {
  const after = (steps: readonly number[], step: number) => steps.length === 0 || step > steps.at(-1)!
  switch (line.kind) {
    case 'step':
      if (!after(columns.steps, line.step)) return
      columns.steps.push(line.step)
      columns.trainLoss.push(line.loss)
      columns.learningRate.push(line.learningRate)
      columns.gradientNorm.push(line.gradientNorm)
      columns.tokensPerSecond.push(line.tokensPerSecond)
      return
    case 'evaluation':
      if (!after(columns.evaluationSteps, line.step)) return
      columns.evaluationSteps.push(line.step)
      columns.evaluationTrain.push(line.trainLoss)
      columns.evaluationValidation.push(line.validationLoss ?? Number.NaN)
      return
    case 'checkpoint':
      if (after(columns.checkpointSteps, line.step)) columns.checkpointSteps.push(line.step)
      return
    case 'sample':
      if (columns.samples.length === 0 || line.step > columns.samples.at(-1)!.step)
        columns.samples.push({ step: line.step, prompt: line.prompt, text: line.text })
      return
    case 'preparing':
    case 'start':
    case 'metrics':
    case 'rollouts':
    case 'state':
    case 'done':
    case 'failed':
  }
}

/** Whether a run that goes on has been put back to a checkpoint before what the columns hold. */
export const rewound = (columns: HistoryColumns, line: RunProgress): boolean =>
  line.kind === 'start' && line.step < (columns.steps.at(-1) ?? 0)
