/** `gptlab score`: what a reward model says of completions of a prompt. */
import { call, print, printJson, withLab, type CommonOptions } from './command.ts'
import { findModel } from './models.ts'
import { style } from './terminal.ts'

interface ScoreOptions extends CommonOptions {
  readonly model: string
  readonly prompt: string
  readonly completion: readonly string[]
}

export async function score(options: ScoreOptions): Promise<void> {
  await withLab({}, async lab => {
    const { id } = await findModel(lab, options.model)
    const completions = [...options.completion]
    const { scores } = await call(lab, 'score', { model: id, prompt: options.prompt, completions })
    const rows = completions.map((completion, i) => ({ completion, score: scores[i]! }))
    if (options.json) return printJson({ model: id, prompt: options.prompt, completions: rows })
    print(style.quiet(options.prompt))
    for (const { completion, score } of rows.sort((a, b) => b.score - a.score))
      print(`${score.toFixed(3).padStart(8)}  ${completion}`)
  })
}
