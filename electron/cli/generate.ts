/** `gptlab generate`: continues a text, token by token. */
import type { ProviderName } from '../contract/models.ts'
import { call, print, printJson, withLab, type CommonOptions } from './command.ts'
import { findModel } from './models.ts'
import { samplingSettings, type SamplingOptions } from './probs.ts'
import { style, thousands } from './terminal.ts'

interface GenerateOptions extends CommonOptions, SamplingOptions {
  readonly model: string
  readonly prompt: string
  readonly maxTokens: number
  readonly seed: number
  readonly greedy?: boolean
  readonly stop: readonly string[]
  readonly provider: ProviderName | 'auto'
}

export async function generate(options: GenerateOptions): Promise<void> {
  await withLab({}, async lab => {
    const model = await findModel(lab, options.model)
    const interrupt = new AbortController()
    const end = () => interrupt.abort()
    process.once('SIGINT', end)
    const live = !options.json && process.stdout.isTTY
    if (live) process.stdout.write(style.quiet(options.prompt))
    const result = await call(
      lab,
      'generate',
      {
        model: model.id,
        text: options.prompt,
        settings: samplingSettings(options, options.greedy),
        seed: options.seed,
        maxTokens: options.maxTokens,
        ...(options.stop.length > 0 && { stop: [...options.stop] }),
        provider: options.provider
      },
      { signal: interrupt.signal, progress: ({ token }) => void (live && process.stdout.write(token.text)) }
    ).finally(() => process.off('SIGINT', end))
    if (options.json) return printJson({ model: model.id, prompt: options.prompt, seed: options.seed, ...result })
    print(live ? '' : options.prompt + result.text)
    print(
      style.quiet(
        `${result.tokens.length} tokens, ${thousands(result.tokensPerSecond)} tokens/s on ${result.provider}; ended by ${result.ended}`
      )
    )
  })
}
