import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PretrainRecipe, Recipe, RecipeEstimate } from '../../../electron/contract/training.ts'
import { openLab, type Lab } from '../../../electron/lab/lab.ts'
import { preparePretraining } from '../../../electron/training/preparation.ts'
import { overrideRecipe } from '../../../electron/training/recipe.ts'

let lab: Lab
let recipes: readonly PretrainRecipe[]
const context = { signal: new AbortController().signal, progress: () => {} }
const estimate = async (recipe: Recipe): Promise<RecipeEstimate> => lab.handlers['recipes.estimate']({ recipe }, context)
const named = (name: string, ...changes: string[]) =>
  overrideRecipe(
    recipes.find(recipe => recipe.name === name)!,
    changes
  )
beforeAll(async () => {
  const home = await mkdtemp(join(tmpdir(), 'gptlab-estimate-'))
  lab = await openLab({ home, threads: 1, host: { host: 'cli', chooseFolder: async () => null, reveal: async () => false } })
  const shipped = await lab.handlers['recipes.list'](undefined, context)
  recipes = shipped.filter(recipe => recipe.stage === 'pretrain')
})
afterAll(() => lab.close())

describe('estimate of a recipe', () => {
  // Every text is read and cut into tokens.
  it('finds no problem in any shipped recipe, once its text is there', { timeout: 240_000 }, async () => {
    expect((await estimate(named('shakespeare-char-cpu'))).problems.map(({ field, code }) => [field, code])).toEqual([
      ['corpus.source', 'corpus-unknown']
    ])
    await lab.corpora.add('tinyshakespeare.txt', new TextEncoder().encode('ROMEO:\nBut soft, what light\n'.repeat(200)))
    expect(recipes.map(recipe => recipe.name)).toEqual([
      'sonnets-char',
      'sonnets-bpe',
      'moby-dick-bpe',
      'baby-gpt',
      'shakespeare-char-cpu',
      'lesson-base',
      'atlas-base'
    ])
    for (const recipe of recipes) {
      const { problems, seconds, epochs } = await estimate(recipe)
      expect([recipe.name, problems]).toEqual([recipe.name, []])
      expect(seconds).toBeGreaterThan(0)
      expect(epochs).toBeGreaterThan(0)
    }
  })

  it('counts what the run will have', async () => {
    for (const name of ['sonnets-char', 'sonnets-bpe', 'baby-gpt']) {
      const recipe = named(name)
      const prepared = await preparePretraining(recipe, await lab.corpora.read(recipe.corpus.source))
      const { parameters, vocabulary, tokensPerStep, epochs } = await estimate(recipe)
      expect([parameters, vocabulary, tokensPerStep]).toEqual([
        prepared.parameters,
        prepared.tokenizer.vocabulary,
        prepared.batch * recipe.model.context
      ])
      expect(epochs).toBeCloseTo((recipe.steps * tokensPerStep) / prepared.tokens.train.length, 12)
    }
    expect((await estimate(named('baby-gpt'))).parameters).toBe(12_656)
  })

  it('is the memory that the engine plans, within a quarter', async () => {
    const engine = lab.engine.get()
    for (const [name, ...changes] of [
      ['sonnets-char'],
      ['sonnets-bpe'],
      ['sonnets-char', 'model.dropout=0', 'batch.size=64']
    ] as const) {
      const recipe = named(name, ...changes)
      const prepared = await preparePretraining(recipe, await lab.corpora.read('sonnets'))
      const plan = engine.compile(prepared.graph, { ...prepared.plan, threads: 1 })
      const { bytes } = await estimate(recipe)
      expect([name, Math.abs(bytes / plan.bytes - 1) < 0.25]).toEqual([name, true])
      await plan.close()
    }
  })

  it('grows with the steps, the model and the batch', async () => {
    const seconds = async (...changes: string[]) => (await estimate(named('sonnets-char', ...changes))).seconds!
    const plain = await seconds()
    expect(await seconds('steps=20000')).toBeGreaterThan(5 * plain)
    expect(await seconds('model.channels=256')).toBeGreaterThan(2 * plain)
    expect(await seconds('batch.size=64')).toBeGreaterThan(3 * plain)
  })

  it('counts also where the recipe cannot be started', async () => {
    const { parameters, problems } = await estimate(named('sonnets-char', 'model.heads=3'))
    expect(parameters).toBe((await estimate(named('sonnets-char'))).parameters)
    expect(problems).toHaveLength(1)
  })
})
