/**
 * The sampling stages of Hugging Face transformers, in its order: repetition penalty, n-gram ban,
 * temperature, top-k, top-p. Each is a pure function over logits in 64-bit floats; a banned token has
 * the logit −∞.
 */
import type { SamplingSettings, SamplingStage } from '../contract/probe.ts'

/** What one stage does to logits. `null`: it changes nothing under these settings. */
type Processor = (logits: Float64Array, history: readonly number[], settings: SamplingSettings) => Float64Array | null

/** A stage's distribution. */
export interface StageDistribution {
  readonly stage: SamplingStage
  /** Whether the stage was switched on. */
  readonly active: boolean
  /** Whether it was switched on but left out, since it would have banned every token. */
  readonly skipped: boolean
  /** (vocabulary) probabilities that sum to 1. */
  readonly probabilities: Float64Array
}

/**
 * Softmax in 64-bit floats; −∞ becomes 0.
 * @param logits (vocabulary), at least one of them finite
 */
export function softmax(logits: ArrayLike<number>): Float64Array {
  let largest = -Infinity
  for (let i = 0; i < logits.length; i++) if (logits[i]! > largest) largest = logits[i]!
  const probabilities = new Float64Array(logits.length)
  let sum = 0
  for (let i = 0; i < logits.length; i++) sum += probabilities[i] = Math.exp(logits[i]! - largest)
  for (let i = 0; i < logits.length; i++) probabilities[i]! /= sum
  return probabilities
}

/** Softmax of one token alone, in 64-bit floats. */
export function probabilityOf(logits: ArrayLike<number>, id: number): number {
  let largest = -Infinity
  for (let i = 0; i < logits.length; i++) if (logits[i]! > largest) largest = logits[i]!
  let sum = 0
  for (let i = 0; i < logits.length; i++) sum += Math.exp(logits[i]! - largest)
  return Math.exp(logits[id]! - largest) / sum
}

/** Each distinct token that was there: a negative logit is multiplied by the penalty, another divided by it (Keskar et al. 2019). */
const repetitionPenalty: Processor = (logits, history, { repetitionPenalty: penalty }) => {
  if (penalty === 1) return null
  const out = logits.slice()
  for (const id of new Set(history)) if (id < out.length) out[id] = out[id]! < 0 ? out[id]! * penalty : out[id]! / penalty
  return out
}

/** Tokens that would complete an n-gram that is already in the history. */
export function bannedByNgrams(history: readonly number[], n: number): Set<number> {
  const banned = new Set<number>()
  if (n < 1 || history.length + 1 < n) return banned
  const last = history.slice(history.length - n + 1)
  for (let i = 0; i + n <= history.length; i++) if (last.every((id, j) => history[i + j] === id)) banned.add(history[i + n - 1]!)
  return banned
}

const noRepeatNgram: Processor = (logits, history, { noRepeatNgram: n }) => {
  if (n === 0) return null
  const out = logits.slice()
  for (const id of bannedByNgrams(history, n)) if (id < out.length) out[id] = -Infinity
  return out
}

const temperature: Processor = (logits, _history, { temperature: t }) => {
  if (t === 1) return null
  const out = logits.slice()
  for (let id = 0; id < out.length; id++) out[id]! /= t
  return out
}

/** Keeps ties with the k-th largest. */
const topK: Processor = (logits, _history, { topK: k }) => {
  if (k === 0 || k >= logits.length) return null
  const threshold = logits.slice().sort()[logits.length - k]!
  return logits.map(logit => (logit < threshold ? -Infinity : logit))
}

/** Sorted ascending, drops what lies within the first 1 − p of the cumulative sum; keeps at least one (Holtzman et al. 2020). */
const topP: Processor = (logits, _history, { topP: p }) => {
  if (p >= 1) return null
  const probabilities = softmax(logits)
  const sorted = probabilities.slice().sort()
  let first = 0
  for (let cumulative = 0; first < sorted.length - 1; first++) {
    cumulative += sorted[first]!
    if (cumulative > 1 - p) break
  }
  // Of equal ones the later is kept, as a stable ascending sort has it.
  const smallest = sorted[first]!
  let equalDropped = first - sorted.indexOf(smallest)
  const out = logits.slice()
  for (let id = 0; id < out.length; id++)
    if (probabilities[id]! < smallest || (probabilities[id] === smallest && equalDropped-- > 0)) out[id] = -Infinity
  return out
}

const processors: readonly (readonly [SamplingStage, Processor])[] = [
  ['repetition-penalty', repetitionPenalty],
  ['no-repeat-ngram', noRepeatNgram],
  ['temperature', temperature],
  ['top-k', topK],
  ['top-p', topP]
]

/** The logits after each stage; `raw` first. A stage that would ban everything is left out and says so. */
function* process(raw: ArrayLike<number>, history: readonly number[], settings: SamplingSettings) {
  // Not `from`, which goes through an iterator and takes ten times as long.
  let logits: Float64Array = new Float64Array(raw)
  yield { stage: 'raw' as SamplingStage, active: true, skipped: false, changed: true, logits }
  for (const [stage, processor] of processors) {
    const out = processor(logits, history, settings)
    const skipped = out !== null && !out.some(logit => logit > -Infinity)
    const changed = out !== null && !skipped
    if (changed) logits = out
    yield { stage, active: out !== null, skipped, changed, logits }
  }
}

/**
 * The distribution after every stage.
 * @param logits (vocabulary)
 * @param history tokens of prompt and output so far
 */
export function distributions(
  logits: ArrayLike<number>,
  history: readonly number[],
  settings: SamplingSettings
): StageDistribution[] {
  const stages: StageDistribution[] = []
  for (const { stage, active, skipped, changed, logits: after } of process(logits, history, settings))
    stages.push({ stage, active, skipped, probabilities: changed ? softmax(after) : stages.at(-1)!.probabilities })
  return stages
}

/** The distribution that a token is drawn from: the last stage's alone. */
export function finalDistribution(
  logits: ArrayLike<number>,
  history: readonly number[],
  settings: SamplingSettings
): Float64Array {
  let last: Float64Array | undefined
  for (const { logits: after } of process(logits, history, settings)) last = after
  return softmax(last!)
}

/** Index of the largest value; the first of equals. */
export function argmax(values: ArrayLike<number>): number {
  let best = 0
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i
  return best
}
