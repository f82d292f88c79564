/** `gptlab probs`: the next-token distribution after every stage, with the same numbers as the Probe room. */
import type { ProviderName } from '../contract/models.ts'
import type { SamplingSettings, SamplingStage } from '../contract/probe.ts'
import { mostProbable } from '../lab/logit-lens.ts'
import { entropyBits } from '../measures/entropy.ts'
import { call, print, printJson, withLab, type CommonOptions } from './command.ts'
import { findModel } from './models.ts'
import { bar, percent, style, thousands, visible } from './terminal.ts'

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
    const tokenizer = await lab.models.tokenizer(model.id)
    const stages = lab.probe.distributions(inspection.id, samplingSettings(options)).map(({ probabilities, ...stage }) => ({
      ...stage,
      entropy: entropyBits(probabilities),
      candidates: probabilities.reduce((count, p) => count + (p > 0 ? 1 : 0), 0),
      rows: mostProbable(probabilities, options.top)
        .map(id => ({ id, token: tokenizer.text(id), p: probabilities[id]! }))
        .filter(({ p }) => p > 0)
    }))
    if (options.json) {
      const byStage = <T>(of: (stage: (typeof stages)[number]) => T) =>
        Object.fromEntries(stages.map(stage => [stage.stage, of(stage)]))
      return printJson({
        provider: inspection.provider,
        model: model.id,
        tokens: inspection.tokens,
        from: inspection.from,
        stages: byStage(stage => stage.rows),
        entropy: byStage(stage => stage.entropy),
        candidates: byStage(stage => stage.candidates),
        skipped: stages.filter(stage => stage.skipped).map(stage => stage.stage)
      })
    }
    const seen = inspection.tokens.slice(inspection.from).map(token => visible(token.text))
    const cut = inspection.from > 0 ? `, of which the last ${seen.length} fit the context` : ''
    print(`${style.strong(model.name)} on ${inspection.provider} · ${inspection.tokens.length} tokens${cut}`)
    print(seen.join(style.quiet('|')))
    for (const stage of stages.filter(({ stage, active }) => stage === 'raw' || active)) {
      const note = stage.skipped ? ' · skipped: it would have banned every token' : ''
      print(
        `\n${style.strong(titles[stage.stage])} ${style.quiet(`${thousands(stage.candidates)} tokens, ${stage.entropy.toFixed(2)} bits${note}`)}`
      )
      for (const { token, p } of stage.rows) print(row(visible(token), p, style.accent))
      const others = stage.candidates - stage.rows.length
      if (others > 0) print(row(`${thousands(others)} more`, 1 - stage.rows.reduce((sum, { p }) => sum + p, 0), style.quiet))
    }
  })
}

function row(name: string, p: number, paint: (text: string) => string): string {
  return `${name.padStart(12)}  ${paint(bar(p, 40))} ${percent(p).padStart(8)}`
}
