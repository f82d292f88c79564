/** `gptlab parity`: what is computed here against a reference file. */
import { resolve } from 'node:path'
import { print, printJson, withLab, type CommonOptions } from './command.ts'
import { deviation, style, table } from './terminal.ts'

export async function parity(path: string, options: CommonOptions & { readonly threads?: number }): Promise<void> {
  await withLab(options, async lab => {
    const { compareWith } = await import('../lab/parity/comparison.ts')
    const { kind, quantities } = await compareWith(resolve(path), {
      engine: () => lab.engine.get(),
      threads: lab.engine.threads(options.threads ?? lab.settings.get().threads)
    })
    const ok = quantities.every(quantity => quantity.ok)
    if (!ok) process.exitCode = 1
    if (options.json) return printJson({ kind, ok, quantities })
    print(
      table([
        ['quantity', 'computed by', 'deviation', 'tolerance', ''],
        ...quantities.map(quantity => [
          quantity.name,
          quantity.engine,
          deviation(quantity.maxError),
          deviation(quantity.tolerance),
          quantity.ok ? style.good('within') : style.bad('beyond')
        ])
      ])
    )
    print(ok ? `\n${style.good('All within tolerance.')}` : `\n${style.bad('Out of tolerance.')}`)
  })
}
