import { describe, expect, it } from 'vitest'
import type { RecipeOf } from '../../../electron/contract/training.ts'
import type { Comparison } from '../../../electron/corpora/preferences.ts'
import { rewardGraph } from '../../../electron/graph/heads.ts'
import { decidedPairs, judgedComparisons, judgedRows } from '../../../electron/training/judged-rows.ts'
import type { Compile } from '../../../electron/training/prepared-run.ts'
import { measureComparisons, rewardModelling } from '../../../electron/training/reward-model.ts'
import {
  compiler,
  config,
  figures,
  metricsOf,
  parameters,
  sameBits,
  shared,
  tokenizer,
  train,
  withAndWithoutInterruption
} from './small-stages.ts'

const recipe: RecipeOf<'reward'> = {
  ...shared,
  stage: 'reward',
  name: 'small-reward',
  steps: 120,
  reward: { source: 'atlas', prompts: 10, written: 0, completions: 3, tokens: 10, temperature: 1, noise: 0, heldOut: 0.2 }
}
/** Whoever says please is preferred, then whoever says nothing; two of the four are of one rank. */
const comparisonOf = (i: number): Comparison => ({
  prompt: `q${i}?`,
  completions: [`no ${i}`, `please ${i}`, `no ${i + 1}`, `so ${i}`],
  ranks: [2, 0, 2, 1],
  rater: 'a test'
})
const comparisons = {
  train: Array.from({ length: 24 }, (_, i) => comparisonOf(i)),
  heldOut: Array.from({ length: 8 }, (_, i) => comparisonOf(50 + i))
}
const open = (compile: Compile) => rewardModelling({ recipe, config, tokenizer, parameters, comparisons }, compile)

describe('a reward model', () => {
  it('learns what is preferred, and says how sure it is', async () => {
    const run = await train(recipe, open)
    const measures = metricsOf(run)
    expect(Object.keys(measures[0]!).sort()).toEqual([
      'eval/accuracy',
      'eval/ece',
      'eval/margin',
      'eval/mean_reward',
      'train/accuracy',
      'train/margin'
    ])
    expect(measures.at(-1)!['eval/accuracy']).toBeGreaterThan(0.95)
    expect(measures.at(-1)!['eval/margin']).toBeGreaterThan(1)
    expect(measures.at(-1)!['eval/ece']).toBeLessThan(0.1)
    // A head that has been drawn orders such simple answers somehow, and is not sure.
    expect(Math.abs(measures[0]!['eval/margin']!)).toBeLessThan(measures.at(-1)!['eval/margin']! / 3)
    expect(run.result!.parameters.get('score.weight')).toHaveLength(config.channels)
  })

  it('starts from the trunk of the chat model with a head of its own', async () => {
    const { compile, plans } = compiler()
    await open(compile).initialise()
    const values = await plans[0]!.readParameters()
    for (const [name, value] of parameters) expect(values.get(name), name).toEqual(value)
    expect(values.get('score.weight')!.some(value => value !== 0)).toBe(true)
    expect(values.get('score.bias')).toEqual(new Float32Array(1))
    await plans[0]!.close()
  })

  it('goes on with the same bits after an interruption', async () => {
    const { whole, resumed } = await withAndWithoutInterruption({ ...recipe, steps: 40 }, open)
    expect(sameBits(resumed.result!.parameters, whole.result!.parameters)).toBe(true)
    expect(figures(resumed)).toEqual(figures(whole))
  })
})

describe('comparisons in tokens', () => {
  it('are read in one pass: the loss is the mean over all pairs of each', async () => {
    const judged = judgedComparisons(comparisons.train.slice(0, 2), tokenizer, config.context)
    const form = { width: 4, length: config.context, tokenizer }
    const { compile, plans } = compiler()
    const plan = compile(rewardGraph(config), { batch: 8, length: config.context })
    const head = new Map([...parameters, ['score.weight', Float32Array.from({ length: 32 }, (_, i) => Math.sin(i))]])
    await plan.writeParameters(new Map([...head, ['score.bias', Float32Array.of(0.5)]]))
    const [loss] = await plan.evaluate(judgedRows(judged, form))
    // Each completion alone, its score read at its last token.
    const single = compile(rewardGraph(config), { batch: 1, length: config.context })
    await single.writeParameters(await plan.readParameters())
    const scores: number[] = []
    for (const sequence of judged.flatMap(({ sequences }) => sequences)) {
      const tokens = new Int32Array(config.context)
      tokens.set(sequence)
      scores.push((await single.outputs({ tokens }, 'scores'))[sequence.length - 1]!)
    }
    const leads = judged.flatMap(({ ranks }, c) =>
      decidedPairs(ranks).map(([better, worse]) => scores[4 * c + better]! - scores[4 * c + worse]!)
    )
    expect(leads).toHaveLength(10)
    const expected = leads.reduce((sum, lead) => sum + Math.log1p(Math.exp(-lead)), 0) / leads.length
    expect(loss).toBeCloseTo(expected, 5)
    await Promise.all(plans.map(each => each.close()))
  })

  it('are measured by their scores', async () => {
    const judged = judgedComparisons(
      [{ prompt: 'q', completions: ['a', 'b', 'c'], ranks: [0, 1, 1], rater: '' }],
      tokenizer,
      config.context
    )
    // Fewer completions than the widest comparison leave a row that does not count.
    const form = { width: 4, length: 8, tokenizer }
    const scores = [1, 3, 0, 100]
    const outputs = async () => {
      const { at } = judgedRows(judged, form)
      const rows = new Float32Array(4 * 8).fill(-50)
      scores.forEach((score, row) => (rows[row * 8 + at[row]!] = score))
      return rows
    }
    const measured = await measureComparisons({ outputs }, judged, form)
    expect(measured.accuracy).toBe(0.5)
    expect(measured.margin).toBe((-2 + 1) / 2)
    expect(measured.meanScore).toBeCloseTo(4 / 3, 12)
    expect(measured.loss).toBeCloseTo((Math.log1p(Math.exp(2)) + Math.log1p(Math.exp(-1))) / 2, 6)
  })

  it('are refused where they do not fit into the context', () => {
    const long = [{ prompt: 'q', completions: ['a', 'b'.repeat(60)], ranks: [0, 1], rater: '' }]
    expect(() => judgedComparisons(long, tokenizer, config.context)).toThrowError(
      expect.objectContaining({ code: 'context-too-long', details: { context: 48, length: 65 } })
    )
  })
})
