/** The sampling stages against a reference file. */
import { neutralSampling, samplingStages, type SamplingStage } from '../../contract/probe.ts'
import { distributions } from '../../sampling/stages.ts'
import type { SamplingFixture } from './fixture.ts'
import { largestDifference, quantity, type Quantity } from './quantity.ts'

/** The file gives twelve digits. */
const tolerance = 1e-9

/** The file's names of the stages. */
const names: Record<SamplingStage, string> = {
  raw: 'raw',
  'repetition-penalty': 'repetition_penalty',
  'no-repeat-ngram': 'no_repeat_ngram',
  temperature: 'temperature',
  'top-k': 'top_k',
  'top-p': 'top_p'
}

/** Largest deviation of each stage over all cases, and of the order of the stages. */
export function samplingParity({ order, cases }: SamplingFixture): Quantity[] {
  const inOrder = samplingStages.map(stage => names[stage]).join() === order.join()
  const computed = cases.map(({ logits, history, settings }) =>
    distributions(logits, history, {
      ...neutralSampling,
      repetitionPenalty: settings.repetition_penalty,
      noRepeatNgram: settings.no_repeat_ngram_size,
      temperature: settings.temperature,
      topK: settings.top_k,
      topP: settings.top_p
    })
  )
  const errors = samplingStages.map((stage, s) =>
    Math.max(...cases.map(({ stages }, c) => largestDifference(computed[c]![s]!.probabilities, stages[names[stage]] ?? [])))
  )
  return [
    quantity('order', 'sampling', inOrder ? 0 : Infinity, 0),
    ...samplingStages.map((stage, s) => quantity(stage, 'sampling', errors[s]!, tolerance))
  ]
}
