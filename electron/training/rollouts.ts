/**
 * Rollouts: completions that a policy draws, many at once, and their way into the engine's batches.
 *
 * Two layouts meet here. The engine reads (B, T) tokens, prompt and response one after another, and says at
 * position t something of token t + 1. Advantages are computed on (B, R) responses that all begin at 0
 * (advantages.ts). `atResponses` and `atTokens` carry values from one to the other.
 */
import { LabFailure } from '../contract/failure.ts'
import type { Plan } from '../engine/plan.ts'
import type { Random } from '../sampling/random.ts'
import type { RolloutShape } from './advantages.ts'

/** One completion. */
export interface Rollout {
  readonly prompt: Int32Array
  /** Generated tokens, with the end token where it came. */
  readonly response: Int32Array
  /** log π of each, from logits / temperature: the probabilities that they were drawn with. */
  readonly logProbabilities: Float32Array
  /** The end token came. */
  readonly ended: boolean
}

export interface RolloutOptions {
  /** Streams that the plan was compiled for: so many prompts are decoded at once. */
  readonly streams: number
  readonly maxTokens: number
  readonly temperature: number
  readonly endToken: number
}

/** Lets the policy answer every prompt. Each chunk of streams draws with a seed of its own from `random`. */
export async function rollOut(
  policy: Pick<Plan, 'generate'>,
  prompts: readonly Int32Array[],
  { streams, maxTokens, temperature, endToken }: RolloutOptions,
  random: Random
): Promise<Rollout[]> {
  const rollouts: Rollout[] = []
  for (let from = 0; from < prompts.length; from += streams) {
    const chunk = prompts.slice(from, from + streams)
    const { tokens, logProbabilities } = await policy.generate({
      prompts: chunk,
      maxTokens,
      temperature,
      seed: random.integer(2 ** 32),
      endTokens: [endToken]
    })
    chunk.forEach((prompt, i) =>
      rollouts.push({
        prompt,
        response: tokens[i]!,
        logProbabilities: logProbabilities[i]!,
        ended: tokens[i]!.at(-1) === endToken
      })
    )
  }
  return rollouts
}

/** Rollouts as the engine reads them. */
export interface PackedRollouts {
  /** T. */
  readonly length: number
  /** (B, T): prompt and response; what lies behind is 0 and is read by nothing. */
  readonly tokens: Int32Array
  /** (B, T): the generated token that comes next, −1 elsewhere. */
  readonly targets: Int32Array
  /** Of the responses alone. */
  readonly shape: RolloutShape
  /** Place in (B, T) at which each row's first generated token is foretold. */
  readonly starts: readonly number[]
}

/**
 * Packs rollouts, one a row.
 * @param length T of the plan
 * @throws LabFailure `context-too-long`
 */
export function packRollouts(rollouts: readonly Pick<Rollout, 'prompt' | 'response'>[], length: number): PackedRollouts {
  const tokens = new Int32Array(rollouts.length * length)
  const targets = new Int32Array(tokens.length).fill(-1)
  const starts = rollouts.map(({ prompt, response }, row) => {
    // The last token is foretold and need not be read.
    const taken = prompt.length + response.length - 1
    if (taken > length) throw tooLong(taken, length)
    const start = row * length + prompt.length - 1
    tokens.set(prompt, row * length)
    tokens.set(response.subarray(0, -1), row * length + prompt.length)
    targets.set(response, start)
    return start
  })
  const lengths = rollouts.map(({ response }) => response.length)
  return { length, tokens, targets, shape: { length: Math.max(1, ...lengths), lengths }, starts }
}

function tooLong(received: number, length: number): LabFailure {
  return new LabFailure(
    'context-too-long',
    `Expected prompt and answer to fit into ${length} tokens but they have ${received}. Ask for shorter answers or choose a longer context.`,
    { context: length, length: received }
  )
}

/** From (B, T) of the engine to (B, R) of the responses. */
export function atResponses(values: ArrayLike<number>, { shape, starts }: PackedRollouts): Float64Array {
  const out = new Float64Array(starts.length * shape.length)
  starts.forEach((start, row) => {
    for (let t = 0; t < shape.lengths[row]!; t++) out[row * shape.length + t] = values[start + t]!
  })
  return out
}

/** From (B, R) of the responses to (B, T) of the engine; 0 elsewhere. */
export function atTokens(values: ArrayLike<number>, { tokens, shape, starts }: PackedRollouts): Float32Array {
  const out = new Float32Array(tokens.length)
  starts.forEach((start, row) => {
    for (let t = 0; t < shape.lengths[row]!; t++) out[start + t] = values[row * shape.length + t]!
  })
  return out
}

/** Lengths are whole multiples of this: a few shapes only, each of which threads share out anew. */
const lengthStep = 8

/**
 * Tokens that rollouts need as rows of the engine: what is shorter than the plan costs less.
 * @param closing tokens that come behind an answer
 * @param longest T of the plan
 */
export function neededLength(
  rollouts: readonly Pick<Rollout, 'prompt' | 'response'>[],
  closing: number,
  longest: number
): number {
  const needed = Math.max(...rollouts.map(({ prompt, response }) => prompt.length + response.length + closing))
  return Math.min(longest, Math.ceil(needed / lengthStep) * lengthStep)
}

/**
 * The rows that are asked for of values with `width` a row, one after another.
 * @param kept values of a row that are taken, from its first on
 */
export function takeRows(
  values: Int32Array | Float32Array,
  width: number,
  rows: readonly number[],
  kept = width
): Int32Array | Float32Array {
  const size = rows.length * kept
  const out = values instanceof Int32Array ? new Int32Array(size) : new Float32Array(size)
  rows.forEach((row, i) => out.set(values.subarray(row * width, row * width + kept), i * kept))
  return out
}
