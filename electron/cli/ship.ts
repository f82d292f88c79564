/** `gptlab ship`: a trained model as it comes with the lab. For those who make the shipped models. */
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { ComparisonReport, EvaluationReport, Figure } from '../contract/atlas.ts'
import { LabFailure } from '../contract/failure.ts'
import { shipModel } from '../lab/model-shipping.ts'
import { print, printJson, withLab, type CommonOptions } from './command.ts'
import { findModel } from './models.ts'
import { style } from './terminal.ts'

interface ShipOptions extends CommonOptions {
  readonly figures?: readonly string[]
}

export async function ship(asked: string, directory: string, { figures: files = [], json }: ShipOptions): Promise<void> {
  await withLab({}, async lab => {
    const { id, name } = await findModel(lab, asked)
    const figures = (await Promise.all(files.map(file => figuresOf(file, name)))).flat()
    const folder = resolve(directory)
    await shipModel(await lab.models.load(id), folder, figures)
    if (json) return printJson({ kind: 'shipped', model: id, directory: folder, figures: figures.length })
    print(`${style.strong(name)} was written to ${folder}, with ${figures.length} figures.`)
  })
}

/**
 * A model's figures in a report.
 * @param asked a file; before an equals sign, what its figures are about: `open=report.json`
 * @throws LabFailure `report-invalid`
 */
async function figuresOf(asked: string, model: string): Promise<readonly Figure[]> {
  const [, about, path] = /^(?:([^=]*)=)?(.*)$/s.exec(asked)!
  const file = resolve(path!)
  const report = await readFile(file, 'utf8')
    .then(text => JSON.parse(text) as Partial<EvaluationReport & ComparisonReport> | null)
    .catch(() => null)
  const of = report?.models ? report.models.find(({ name }) => name === model) : report
  if (of?.figures) return of.figures.map(figure => (about ? { ...figure, name: `${about}: ${figure.name}` } : figure))
  throw new LabFailure(
    'report-invalid',
    `Expected figures of ${model} in ${file} but found none. Give what gptlab evaluate --json or compare --json printed.`,
    { file, model }
  )
}
