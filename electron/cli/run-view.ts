/** A run for people: a line that is written over, evaluations and samples as they come, the curve at the end. */
import type { RunHistory, RunProgress, RunSummary, Stage } from '../contract/training.ts'
import { print } from './command.ts'
import { bar, curve, duration, StatusLine, style, thousands } from './terminal.ts'

/** The status line changes this often at most, milliseconds. */
const interval = 100

/** Room for the figures beside the bar. */
const figuresWidth = 66

export class RunView {
  readonly #status = new StatusLine()
  /** When the status line was last changed. */
  #shown = 0
  #interrupted = false

  constructor(readonly run: RunSummary) {
    const { name, parameters, engine, step, steps } = run
    print(
      `${style.strong(name)} ${thousands(parameters)} parameters · ${engine.simd} · ${engine.threads} threads ${style.quiet(`· ${run.id}`)}`
    )
    if (step > 0) print(style.quiet(`Goes on from step ${thousands(step)} of ${thousands(steps)}.`))
  }

  show(progress: RunProgress): void {
    switch (progress.kind) {
      case 'preparing': {
        const { done, total } = progress
        this.#showBar(done, total, 'completions to compare')
        break
      }
      case 'step': {
        const { step, loss, tokensPerSecond, secondsLeft } = progress
        const figures = `loss ${loss.toFixed(3)} · ${thousands(tokensPerSecond)} tokens/s · ${duration(secondsLeft)} left`
        this.#showBar(step, this.run.steps, figures)
        break
      }
      case 'evaluation': {
        const { step, trainLoss, validationLoss } = progress
        const held = validationLoss === null ? '' : `  validation ${validationLoss.toFixed(4)}`
        this.#status.clear()
        print(`${style.quiet('step')} ${thousands(step).padStart(7)}  train ${trainLoss.toFixed(4)}${held}`)
        break
      }
      case 'metrics':
        this.#status.clear()
        print(`${style.quiet('step')} ${thousands(progress.step).padStart(7)}  ${metricsText(progress.values)}`)
        break
      case 'rollouts': {
        const [item] = progress.items
        this.#status.clear()
        if (item) print(style.quiet(`  ${item.prompt}\n  │ first   ${item.first}\n  │ now     ${item.current}`))
        break
      }
      case 'sample':
        this.#status.clear()
        print(`${style.quiet(progress.prompt)}${progress.text}`.replace(/^/gm, style.quiet('  │ ')))
    }
  }

  /** The last one is always shown, the others as often as an eye can follow. */
  #showBar(done: number, total: number, figures: string): void {
    const now = performance.now()
    if (this.#interrupted || (now - this.#shown < interval && done < total)) return
    this.#shown = now
    const share = `▏${percentOf(done, total)} · ${thousands(done)} of ${thousands(total)} · `
    this.#status.show(bar(done / total, Math.max(8, Math.min(30, this.#status.width - figuresWidth))) + share + figures)
  }

  interrupt(): void {
    this.#interrupted = true
    this.clear()
    print('Keeping a checkpoint …')
  }

  clear(): void {
    this.#status.clear()
  }

  finish(done: Extract<RunProgress, { kind: 'done' }>, history: RunHistory): void {
    const chart = curve([
      { x: history.evaluationSteps, y: history.evaluationTrain, paint: style.quiet },
      { x: history.evaluationSteps, y: history.evaluationValidation, paint: style.accent }
    ])
    const held = done.validationLoss !== null
    if (chart)
      print(
        `\n${style.strong('Loss')} in nats a ${nats[this.run.recipe.stage] ?? 'token'}: ${style.quiet('training')}${held ? ` and ${style.accent('validation')}` : ''}\n${chart}`
      )
    print(
      `\n${style.good('Done.')} ${thousands(done.steps)} steps · train ${done.trainLoss.toFixed(4)}${held ? ` · validation ${done.validationLoss!.toFixed(4)}` : ''} · ${thousands(done.tokensPerSecond)} tokens/s`
    )
    const last = Object.fromEntries(Object.entries(history.metrics).map(([name, { values }]) => [name, values.at(-1)!]))
    if (Object.keys(last).length > 0) print(metricsText(last))
    print(`Model: ${done.model}`)
  }
}

/** What a loss is counted by, where it is not tokens. */
const nats: Partial<Record<Stage, string>> = { reward: 'pair', dpo: 'pair', classify: 'text' }

/** Measures of a stage in one line. */
function metricsText(values: Readonly<Record<string, number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${style.quiet(name)} ${Number(value.toPrecision(4))}`)
    .join('  ')
}

function percentOf(done: number, total: number): string {
  return `${Math.floor((100 * done) / total)} %`.padStart(6)
}
