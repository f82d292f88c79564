/** `gptlab generate`: continues a text, token by token. */
import type { CallOutputs } from '../contract/calls.ts'
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
  readonly stop?: readonly string[]
  readonly slide: boolean
  readonly provider: ProviderName | 'auto'
}

export async function generate(options: GenerateOptions): Promise<void> {
  await withLab({}, async lab => {
    const model = await findModel(lab, options.model)
    const interrupt = new AbortController()
    const end = () => interrupt.abort()
    process.once('SIGINT', end)
    process.once('SIGTERM', end)
    const live = !options.json
    if (live) process.stdout.write(style.quiet(options.prompt))
    let shown = 0
    const result = await call(
      lab,
      'generate',
      {
        model: model.id,
        text: options.prompt,
        settings: samplingSettings(options, options.greedy),
        seed: options.seed,
        maxTokens: options.maxTokens,
        ...(options.stop && { stop: [...options.stop] }),
        slide: options.slide,
        provider: options.provider
      },
      {
        signal: interrupt.signal,
        progress: ({ text }) => {
          if (live) process.stdout.write(text)
          shown += text.length
        }
      }
    ).finally(() => {
      process.off('SIGINT', end)
      process.off('SIGTERM', end)
      if (live && interrupt.signal.aborted) print()
    })
    if (!live) return printJson({ model: model.id, prompt: options.prompt, seed: options.seed, ...result })
    print(result.text.slice(shown))
    print(
      style.quiet(
        `${thousands(result.tokens.length)} tokens · ${thousands(result.tokensPerSecond)} tokens/s on ${result.provider} · ${endings[result.ended]}`
      )
    )
  })
}

const endings: Record<CallOutputs['generate']['ended'], string> = {
  length: 'as many as were asked for',
  stop: 'ended by a stop text',
  'end-token': 'the model ended the text',
  context: 'the context is full'
}
