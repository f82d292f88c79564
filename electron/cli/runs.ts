/** `gptlab runs`. */
import { call, print, printJson, withLab, type CommonOptions } from './command.ts'
import { duration, table, thousands } from './terminal.ts'

export async function runs({ json }: CommonOptions): Promise<void> {
  await withLab({}, async lab => {
    const list = await call(lab, 'runs.list', undefined)
    if (json) return printJson({ runs: list })
    if (list.length === 0) return print('No runs yet. gptlab train --recipe sonnets-char starts one.')
    const loss = (value?: number | null) => (value === undefined || value === null ? '–' : value.toFixed(3))
    print(
      table([
        ['run', 'recipe', 'state', 'step', 'train', 'validation', 'time', 'tokens/s'],
        ...list.map(run => [
          run.id,
          run.recipe.name,
          run.state,
          `${thousands(run.step)} of ${thousands(run.steps)}`,
          loss(run.trainLoss),
          loss(run.validationLoss),
          duration(run.seconds),
          run.tokensPerSecond ? thousands(run.tokensPerSecond) : '–'
        ])
      ])
    )
  })
}
