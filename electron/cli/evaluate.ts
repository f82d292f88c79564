/** `gptlab evaluate`: a model's figures on Atlas' held-out questions. */
import type { Figure } from '../contract/atlas.ts'
import { call, print, printJson, withLab, type CommonOptions } from './command.ts'
import { findModel } from './models.ts'
import { StatusLine, style, table, thousands } from './terminal.ts'

interface EvaluateOptions extends CommonOptions {
  readonly model: string
  readonly suite: 'atlas'
  readonly seed: number
  readonly limit?: number
  readonly threads?: number
}

export async function evaluate({ model: asked, suite, seed, limit, threads, json }: EvaluateOptions): Promise<void> {
  await withLab({ threads }, async lab => {
    const model = await findModel(lab, asked)
    const status = new StatusLine()
    const report = await call(
      lab,
      'evaluate',
      { model: model.id, suite, seed, ...(limit !== undefined && { limit }) },
      { progress: ({ part }) => status.show(`${part} …`) }
    ).finally(() => status.clear())
    if (json) return printJson(report)
    print(`${style.strong(report.name)} (${report.kind}) on ${suite}, ${report.seconds.toFixed(1)} s`)
    print(table([['figure', 'value', '95 % interval', 'of'], ...report.figures.map(row)]))
    const wrong = report.samples.filter(({ good }) => !good).slice(0, 8)
    for (const { figure, prompt, completion } of wrong)
      print(`${style.quiet(`${figure}:`)} ${prompt} ${style.bad('→')} ${completion.replaceAll('\n', ' ⏎ ')}`)
  })
}

/** A figure and its interval, with as many digits as it has size. */
export function row({ name, value, low, high, count }: Figure): string[] {
  return [name, digits(value), `${digits(low)} to ${digits(high)}`, thousands(count)]
}

function digits(value: number): string {
  if (!Number.isFinite(value)) return '–'
  return value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential(1) : value.toFixed(3)
}
