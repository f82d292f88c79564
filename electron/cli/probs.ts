/** `gptlab probs`: the next-token distribution after every stage, with the same numbers as the Probe room. */
import type { ProviderName } from '../contract/models.ts'
import type { SamplingSettings, SamplingStage } from '../contract/probe.ts'
import { call, print, printJson, withLab, type CommonOptions } from './command.ts'
import { findModel } from './models.ts'
import { bar, percent, style, visible } from './terminal.ts'

/** Options of the sampling stages as the command line reads them. */
export interface SamplingOptions {
  readonly temperature: number
  readonly topK: number
  readonly topP: number
  readonly repetitionPenalty: number
  /** `--no-repeat-ngram`: commander drops the `no-` of the name. */
  readonly repeatNgram: number
}

export function samplingSettings(options: SamplingOptions, greedy = false): SamplingSettings {
  return {
    repetitionPenalty: options.repetitionPenalty,
    noRepeatNgram: options.repeatNgram,
    temperature: options.temperature,
    topK: options.topK,
    topP: options.topP,
    greedy
  }
}

interface ProbsOptions extends CommonOptions, SamplingOptions {
  readonly model: string
  readonly prompt: string
  readonly top: number
  readonly provider: ProviderName | 'auto'
}

const titles: Record<SamplingStage, string> = {
  raw: 'raw',
  'repetition-penalty': 'repetition penalty',
  'no-repeat-ngram': 'no repeated n-gram',
  temperature: 'temperature',
  'top-k': 'top-k',
  'top-p': 'top-p'
}

export async function probs(options: ProbsOptions): Promise<void> {
  await withLab({}, async lab => {
    const model = await findModel(lab, options.model)
    const inspection = await call(lab, 'probe.inspect', { model: model.id, text: options.prompt, provider: options.provider })
    const view = await call(lab, 'probe.stages', {
      inspection: inspection.id,
      settings: samplingSettings(options),
      rows: Math.max(1, Math.min(200, options.top))
    })
    const stages = view.stages.map(stage => ({
      ...stage,
      rows: view.rows
        .map((row, i) => ({ id: row.id, token: row.text, p: stage.probabilities[i]! }))
        .sort((a, b) => b.p - a.p)
        .slice(0, options.top)
    }))
    if (options.json) {
      return printJson({
        provider: inspection.provider,
        model: model.id,
        tokens: inspection.tokens,
        stages: Object.fromEntries(stages.map(stage => [stage.stage, stage.rows])),
        entropy: Object.fromEntries(stages.map(stage => [stage.stage, stage.entropy])),
        candidates: Object.fromEntries(stages.map(stage => [stage.stage, stage.candidates]))
      })
    }
    print(
      `${style.strong(model.name)} on ${inspection.provider}, ${inspection.tokens.length} tokens: ${inspection.tokens.map(token => visible(token.text)).join(style.quiet('|'))}`
    )
    for (const stage of stages) {
      if (stage.stage !== 'raw' && !stage.active) continue
      const note = stage.skipped ? ' · skipped: it would have banned every token' : ''
      print(
        `\n${style.strong(titles[stage.stage])} ${style.quiet(`${stage.candidates} tokens, ${stage.entropy.toFixed(2)} bits${note}`)}`
      )
      for (const row of stage.rows)
        if (row.p > 0) print(`${visible(row.token).padStart(12)}  ${style.accent(bar(row.p, 40))} ${percent(row.p).padStart(8)}`)
    }
  })
}
