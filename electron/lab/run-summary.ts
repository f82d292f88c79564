/** A run's first row, and its history from the lines of its log: the same for a run that goes on and for one read from disk. */
import type { Recipe, RunHistory, RunProgress, RunSample, RunSummary } from '../contract/training.ts'
import type { RunRecord } from '../training/run-folder.ts'

/** The row of a run of which nothing has happened yet. */
export function emptySummary(id: string, recipe: Recipe, record: RunRecord): RunSummary {
  return {
    id,
    name: record.name,
    recipe,
    state: 'interrupted',
    step: 0,
    steps: recipe.steps,
    started: record.started,
    parameters: record.parameters,
    seconds: 0,
    engine: record.engine
  }
}

/** A growing column of numbers. */
class Column {
  #values = new Float64Array(256)
  #length = 0

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const grown = new Float64Array(this.#length * 2)
      grown.set(this.#values)
      this.#values = grown
    }
    this.#values[this.#length++] = value
  }

  copy(): Float64Array {
    return this.#values.slice(0, this.#length)
  }
}

/** A run's history, line by line. */
export class HistoryColumns {
  readonly #columns = {
    steps: new Column(),
    trainLoss: new Column(),
    learningRate: new Column(),
    gradientNorm: new Column(),
    tokensPerSecond: new Column(),
    evaluationSteps: new Column(),
    evaluationTrain: new Column(),
    evaluationValidation: new Column(),
    checkpointSteps: new Column()
  }
  readonly #samples: RunSample[] = []
  readonly #metrics = new Map<string, { readonly steps: Column; readonly values: Column }>()
  readonly #rollouts: RunHistory['rollouts'][number][] = []

  add(line: RunProgress): void {
    const to = this.#columns
    switch (line.kind) {
      case 'step':
        to.steps.push(line.step)
        to.trainLoss.push(line.loss)
        to.learningRate.push(line.learningRate)
        to.gradientNorm.push(line.gradientNorm)
        to.tokensPerSecond.push(line.tokensPerSecond)
        break
      case 'evaluation':
        to.evaluationSteps.push(line.step)
        to.evaluationTrain.push(line.trainLoss)
        to.evaluationValidation.push(line.validationLoss ?? NaN)
        break
      case 'checkpoint':
        to.checkpointSteps.push(line.step)
        break
      case 'sample':
        this.#samples.push({ step: line.step, prompt: line.prompt, text: line.text })
        break
      case 'metrics':
        for (const [name, value] of Object.entries(line.values)) {
          const series = this.#metrics.get(name) ?? { steps: new Column(), values: new Column() }
          this.#metrics.set(name, series)
          series.steps.push(line.step)
          series.values.push(value)
        }
        break
      case 'rollouts':
        this.#rollouts.push({ step: line.step, items: line.items })
    }
  }

  /** A copy that later lines do not change. */
  snapshot(run: string): RunHistory {
    const of = this.#columns
    return {
      run,
      steps: of.steps.copy(),
      trainLoss: of.trainLoss.copy(),
      learningRate: of.learningRate.copy(),
      gradientNorm: of.gradientNorm.copy(),
      tokensPerSecond: of.tokensPerSecond.copy(),
      evaluationSteps: of.evaluationSteps.copy(),
      evaluationTrain: of.evaluationTrain.copy(),
      evaluationValidation: of.evaluationValidation.copy(),
      checkpointSteps: of.checkpointSteps.copy(),
      samples: [...this.#samples],
      metrics: Object.fromEntries(
        [...this.#metrics].map(([name, { steps, values }]) => [name, { steps: steps.copy(), values: values.copy() }])
      ),
      rollouts: [...this.#rollouts]
    }
  }
}

/** The history that a log tells. */
export function historyOf(lines: readonly RunProgress[]): HistoryColumns {
  const history = new HistoryColumns()
  for (const line of lines) history.add(line)
  return history
}
