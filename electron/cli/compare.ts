/** `gptlab compare`: several models on the same prompts: diversity, divergence and quality. */
import { readFile } from 'node:fs/promises'
import type { CallInput } from '../contract/calls.ts'
import { LabFailure } from '../contract/failure.ts'
import { call, print, printJson, withLab, type CommonOptions } from './command.ts'
import { row } from './evaluate.ts'
import { findModel } from './models.ts'
import { StatusLine, style, table } from './terminal.ts'

interface CompareOptions extends CommonOptions {
  readonly models: string
  readonly prompts: string
  readonly samples: number
  readonly temperature: number
  readonly maxTokens: number
  readonly seed: number
  readonly reward?: string
  readonly threads?: number
}

export async function compare(options: CompareOptions): Promise<void> {
  await withLab({ threads: options.threads }, async lab => {
    const models: string[] = []
    for (const asked of options.models.split(',')) models.push((await findModel(lab, asked.trim())).id)
    const reward = options.reward === undefined ? undefined : (await findModel(lab, options.reward)).id
    const { samples, temperature, maxTokens, seed } = options
    const status = new StatusLine()
    const report = await call(
      lab,
      'compare',
      {
        models,
        prompts: await promptsOf(options.prompts),
        samples,
        temperature,
        maxTokens,
        seed,
        ...(reward !== undefined && { reward })
      },
      { progress: ({ part }) => status.show(`${part} …`) }
    ).finally(() => status.clear())
    if (options.json) return printJson(report)
    print(
      style.quiet(
        `${report.prompts} prompts, ${samples} completions each at temperature ${temperature}, ${report.seconds.toFixed(1)} s`
      )
    )
    for (const { name, kind, asked, figures } of report.models) {
      print(`\n${style.strong(name)} (${kind}${asked === 'few-shot' ? ', asked with examples' : ''})`)
      print(table([['figure', 'value', '95 % interval', 'prompts'], ...figures.map(row)]))
    }
  })
}

/** `open`, `facts`, or a file: a prompt a line, as text or as JSON with a `text`. */
async function promptsOf(nameOrFile: string): Promise<CallInput<'compare'>['prompts']> {
  if (nameOrFile === 'open' || nameOrFile === 'facts') return nameOrFile
  const text = await readFile(nameOrFile, 'utf8').catch(() => {
    throw new LabFailure('prompts-unknown', `Expected open, facts or a file of prompts but there is no file ${nameOrFile}.`, {
      file: nameOrFile
    })
  })
  return text
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '')
    .map((line, i) => {
      if (!line.startsWith('{')) return line
      const prompt = promptOf(line)
      if (prompt !== undefined) return prompt
      throw new LabFailure('prompts-invalid', `Expected JSON with a "text" in line ${i + 1} of ${nameOrFile}.`, {
        file: nameOrFile,
        line: i + 1
      })
    })
}

function promptOf(line: string): string | undefined {
  try {
    const { text } = JSON.parse(line) as { text?: unknown }
    return typeof text === 'string' ? text : undefined
  } catch {
    return undefined
  }
}
