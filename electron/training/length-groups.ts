/**
 * Batches of items of different lengths. So that little of a batch is filling, some can be drawn together, sorted by
 * length, cut, and taken in random order (the `LengthGroupedSampler` of Hugging Face transformers). Which batch a
 * step gets depends on the seed and the step alone, so a run that is resumed has nothing to remember.
 */
import type { Recipe, RecipeOf } from '../contract/training.ts'
import type { Batch, Plan } from '../engine/plan.ts'
import { shuffled } from '../sampling/choices.ts'
import { seededRandom } from '../sampling/random.ts'
import type { StageSteps } from './run-loop.ts'
import { learningRates } from './schedule.ts'

/** First of the seed's streams for these draws, one for each group of batches. */
const firstStream = 2 ** 20

export class LengthGroups<T> {
  #group = -1
  #batches: readonly (readonly T[])[] = []

  /**
   * @param size items of a batch
   * @param together batches that are sorted together; 1: each is drawn by itself
   */
  constructor(
    readonly items: readonly T[],
    readonly lengthOf: (item: T) => number,
    readonly options: { readonly size: number; readonly seed: number; readonly together: number }
  ) {}

  /** @param step from 0 */
  batch(step: number): readonly T[] {
    const { together } = this.options
    const group = Math.floor(step / together)
    if (group !== this.#group) this.#batches = this.#draw(group)
    this.#group = group
    return this.#batches[step % together]!
  }

  #draw(group: number): readonly (readonly T[])[] {
    const { items, lengthOf } = this
    const { size, seed, together } = this.options
    const random = seededRandom(seed, firstStream + group)
    const drawn = Array.from({ length: together * size }, () => items[random.integer(items.length)]!)
    drawn.sort((a, b) => lengthOf(a) - lengthOf(b))
    const batches = Array.from({ length: together }, (_, i) => drawn.slice(i * size, (i + 1) * size))
    return shuffled(batches, random)
  }
}

/** How a recipe of comparisons wants its batches. */
export function groupsOf({ batch, seed }: RecipeOf<'reward'> | RecipeOf<'dpo'>): LengthGroups<unknown>['options'] {
  return { size: batch.size, seed, together: batch.groupByLength ?? 1 }
}

/** A batch as the engine takes it. */
export interface GroupedBatch {
  readonly inputs: Batch
  /** Tokens of a row, at most the plan's. */
  readonly length: number
  /** Rows of the plan. */
  readonly rows: number
}

/** Trains steps on batches of their own lengths. */
export async function trainGroups<T>(
  plan: Pick<Plan, 'train'>,
  groups: LengthGroups<T>,
  { step, count, recipe }: { readonly step: number; readonly count: number; readonly recipe: Recipe },
  batchOf: (items: readonly T[]) => GroupedBatch
): Promise<StageSteps> {
  const rates = learningRates(step, count, recipe)
  const steps: { loss: number; gradientNorm: number; seconds: number; tokens: number }[] = []
  for (let i = 0; i < count; i++) {
    const { inputs, length, rows } = batchOf(groups.batch(step + i))
    const { losses, gradientNorms, seconds } = await plan.train(inputs, rates.subarray(i, i + 1), { length })
    steps.push({ loss: losses[0]!, gradientNorm: gradientNorms[0]!, seconds, tokens: rows * length })
  }
  return {
    losses: steps.map(({ loss }) => loss),
    gradientNorms: steps.map(({ gradientNorm }) => gradientNorm),
    learningRates: rates,
    seconds: steps.reduce((sum, { seconds }) => sum + seconds, 0),
    tokens: steps.reduce((sum, { tokens }) => sum + tokens, 0)
  }
}
