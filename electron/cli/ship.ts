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
    const figures = (await Promise.all(files.map(file => figuresOf(resolve(file), name)))).flat()
    const folder = resolve(directory)
    await shipModel(await lab.models.load(id), folder, figures)
    if (json) return printJson({ kind: 'shipped', model: id, directory: folder, figures: figures.length })
    print(`${style.strong(name)} was written to ${folder}, with ${figures.length} figures.`)
  })
}

/** A model's figures in a report. @throws LabFailure `report-invalid` */
async function figuresOf(file: string, name: string): Promise<readonly Figure[]> {
  const report = JSON.parse(await readFile(file, 'utf8')) as Partial<EvaluationReport & ComparisonReport>
  const of = 'models' in report ? report.models?.find(model => model.name === name) : report
  if (of?.figures) return of.figures
  throw new LabFailure('report-invalid', `Expected figures of ${name} in ${file} but found none.`, { file, model: name })
}
