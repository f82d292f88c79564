/**
 * Direct preference optimisation (Rafailov et al. 2023): a chat model learns from pairs of completions without a
 * reward model and without rollouts. −log σ(β·[(log π − log π_ref)(chosen) − (log π − log π_ref)(rejected)]); the
 * reference is the model it starts from, whose log-probabilities are computed once.
 */
import type { RecipeOf } from '../contract/training.ts'
import { chatIds, encodeExchange, type MaskedSequence } from '../corpora/chat.ts'
import type { Comparison } from '../corpora/preferences.ts'
import type { GptConfig } from '../graph/gpt.ts'
import { preferenceGraph } from '../graph/heads.ts'
import type { Parameters } from '../graph/parameters.ts'
import type { Tokenizer } from '../tokenizers/tokenizer.ts'
import { answerSample } from './chat-sample.ts'
import type { SplitItems } from './held-out.ts'
import { decidedPairs } from './judged-rows.ts'
import { groupsOf, LengthGroups, trainGroups } from './length-groups.ts'
import { optimiserOf } from './optimiser.ts'
import { dpoLoss } from './preference-losses.ts'
import type { Compile } from './prepared-run.ts'
import type { TrainingStage } from './run-loop.ts'

export interface PreferenceOptimisation {
  readonly recipe: RecipeOf<'dpo'>
  readonly config: GptConfig
  readonly tokenizer: Tokenizer
  /** Of the chat model, which is also the reference. */
  readonly parameters: Parameters
  readonly comparisons: SplitItems<Comparison>
}

/** Two completions, by their places among the sequences. */
interface Pair {
  readonly chosen: number
  readonly rejected: number
}

export function preferenceOptimisation(
  { recipe, config, tokenizer, parameters, comparisons }: PreferenceOptimisation,
  compile: Compile
): TrainingStage {
  const { beta } = recipe.dpo
  const sequences: MaskedSequence[] = []
  const pairsOf = (from: readonly Comparison[]): readonly Pair[] =>
    from.flatMap(({ prompt, completions, ranks }) => {
      const first = sequences.length
      sequences.push(...completions.map(completion => encodeExchange(tokenizer, prompt, completion)))
      return decidedPairs(ranks).map(([better, worse]) => ({ chosen: first + better, rejected: first + worse }))
    })
  const pairs = { train: pairsOf(comparisons.train), heldOut: pairsOf(comparisons.heldOut) }
  const length = Math.min(config.context, Math.max(...sequences.map(({ tokens }) => tokens.length)))
  const batch = 2 * recipe.batch.size
  const graph = preferenceGraph(config, { beta })
  const plan = compile(graph, { batch, length, seed: recipe.seed, streams: 1, optimiser: optimiserOf(recipe, graph) })
  const filler = chatIds(tokenizer).endOfText
  /** Σ log π_ref of each sequence. */
  let reference: Float32Array

  /** Tokens that a pair needs. */
  const lengthOf = ({ chosen, rejected }: Pair): number =>
    Math.min(length, Math.max(sequences[chosen]!.tokens.length, sequences[rejected]!.tokens.length))
  const batches = new LengthGroups(pairs.train, lengthOf, groupsOf(recipe))

  const rowsOf = (places: readonly number[], width = length): { tokens: Int32Array; targets: Int32Array } => {
    const tokens = new Int32Array(places.length * width).fill(filler)
    const targets = new Int32Array(tokens.length).fill(-1)
    places.forEach((place, row) => {
      const sequence = sequences[place]!
      tokens.set(sequence.tokens.subarray(0, width), row * width)
      targets.set(sequence.targets.subarray(0, width), row * width)
    })
    return { tokens, targets }
  }
  /** Σ log π of completions. */
  const logProbabilities = async (places: readonly number[]): Promise<Float32Array> => {
    const sums = new Float32Array(places.length)
    for (let from = 0; from < places.length; from += batch) {
      const of = await plan.outputs(rowsOf(places.slice(from, from + batch)), 'logProbabilities')
      for (let i = 0; i < of.length; i++) sums[from + Math.floor(i / length)]! += of[i]!
    }
    return sums
  }
  /** Chosen and rejected in turn, as the graph reads them. */
  const placesOf = (of: readonly Pair[]) => of.flatMap(({ chosen, rejected }) => [chosen, rejected])

  const measure = async (of: readonly Pair[]) => {
    const policy = await logProbabilities(placesOf(of))
    const before = placesOf(of).map(place => reference[place]!)
    const halves = (values: ArrayLike<number>) => ({
      chosen: of.map((_, i) => values[2 * i]!),
      rejected: of.map((_, i) => values[2 * i + 1]!)
    })
    const rewards = halves(Array.from(policy, (value, i) => beta * (value - before[i]!)))
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
    const { loss, accuracy, margin } = dpoLoss(halves(policy), halves(before), beta)
    return { loss, accuracy, margin, chosen: mean(rewards.chosen), rejected: mean(rewards.rejected) }
  }
  const seenOf = (of: readonly Pair[]) => of.slice(0, recipe.batch.size * recipe.evaluation.batches)

  return {
    models: { model: { plan, graph } },
    async initialise() {
      await plan.writeParameters(parameters)
      reference = await logProbabilities(sequences.map((_, place) => place))
    },
    async restore() {
      const state = await plan.readState()
      await this.initialise()
      await plan.writeState(state)
    },
    train: ({ step, count }) =>
      trainGroups(plan, batches, { step, count, recipe }, drawn => {
        const places = placesOf(drawn)
        const width = Math.max(...drawn.map(lengthOf))
        const inputs = { ...rowsOf(places, width), reference: Float32Array.from(places, place => reference[place]!) }
        return { inputs, length: width, rows: batch }
      }),
    async evaluate() {
      const train = await measure(seenOf(pairs.train))
      const held = pairs.heldOut.length > 0 ? await measure(seenOf(pairs.heldOut)) : undefined
      const { accuracy, margin, chosen, rejected } = held ?? train
      return {
        trainLoss: train.loss,
        validationLoss: held?.loss ?? null,
        metrics: {
          'rewards/accuracies': accuracy,
          'rewards/margins': margin,
          'rewards/chosen': chosen,
          'rewards/rejected': rejected
        }
      }
    },
    sample: step => answerSample(plan, recipe, tokenizer, step)
  }
}
