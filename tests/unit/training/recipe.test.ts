import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { LabFailure } from '../../../electron/contract/failure.ts'
import type { Recipe, RecipeOf } from '../../../electron/contract/training.ts'
import { ofStage, overrideRecipe, parseRecipe } from '../../../electron/training/recipe.ts'

const folder = join(import.meta.dirname, '../../../models/recipes')
const read = (name: string) => parseRecipe(readFileSync(join(folder, `${name}.json`), 'utf8'), name)
const pretraining = (name: string) => ofStage(read(name), 'pretrain')
const failureIn = (act: () => unknown): LabFailure => {
  try {
    act()
  } catch (error) {
    if (error instanceof LabFailure) return error
    throw error
  }
  throw new Error('Expected a failure.')
}

describe('shipped recipes', () => {
  it.each(readdirSync(folder).map(name => name.replace('.json', '')))('%s can be read and is called like its file', name => {
    const recipe = read(name)
    expect(recipe.name).toBe(name)
    expect(recipe.purpose.length).toBeGreaterThan(40)
  })

  it('has nanoGPT’s CPU configuration', () => {
    // README: --eval_iters=20 --block_size=64 --batch_size=12 --n_layer=4 --n_head=4 --n_embd=128 --max_iters=2000 --lr_decay_iters=2000 --dropout=0.0
    const recipe = pretraining('shakespeare-char-cpu')
    expect(recipe.model).toEqual({ layers: 4, heads: 4, channels: 128, context: 64, bias: false, tied: true, dropout: 0 })
    expect(recipe.optimiser).toEqual({
      learningRate: 1e-3,
      minimumLearningRate: 1e-4,
      warmup: 100,
      beta1: 0.9,
      beta2: 0.99,
      epsilon: 1e-8,
      weightDecay: 0.1,
      decay: 'matrices',
      clip: 1
    })
    expect([recipe.batch.size, recipe.steps, recipe.corpus.validation]).toEqual([12, 2000, 0.1])
  })
})

describe('overrides', () => {
  const recipe = pretraining('sonnets-char')

  it('changes single values and nothing else', () => {
    const changed = overrideRecipe(recipe, [
      'steps=200',
      'model.tied=false',
      'optimiser.learningRate=3e-4',
      'samples.prompt=Shall = I'
    ])
    expect(changed).toEqual({
      ...recipe,
      steps: 200,
      model: { ...recipe.model, tied: false },
      optimiser: { ...recipe.optimiser, learningRate: 3e-4 },
      samples: { ...recipe.samples, prompt: 'Shall = I' }
    })
    expect(recipe).toEqual(read('sonnets-char'))
  })

  it('sets what a recipe of its stage may have and this one has not, and nothing of another stage', () => {
    expect(overrideRecipe(read('lesson-reward'), ['batch.groupByLength=8']).batch).toEqual({ size: 16, groupByLength: 8 })
    expect(overrideRecipe(read('atlas-rlhf'), ['ppo.targetDivergence=6'])).toMatchObject({ ppo: { targetDivergence: 6 } })
    const { sft } = read('lesson-sft') as RecipeOf<'sft'>
    expect(sft.length).toBeDefined()
    const { length: _, ...without } = sft
    const packed = { ...read('lesson-sft'), sft: without } as Recipe
    expect(overrideRecipe(packed, ['sft.length=48'])).toMatchObject({ sft: { length: 48 } })
    for (const [name, change] of [
      ['lesson-sft', 'batch.groupByLength=8'],
      ['lesson-reward', 'batch.draw="all"'],
      ['atlas-rlhf', 'grpo.group=4']
    ] as const)
      expect(failureIn(() => overrideRecipe(read(name), [change])).code).toBe('override-unknown')
  })

  it('changes the kind of tokenizer with the fields of that kind', () => {
    expect(overrideRecipe(recipe, ['tokenizer.kind=bpe', 'tokenizer.vocabulary=300']).tokenizer).toEqual({
      kind: 'bpe',
      vocabulary: 300
    })
    expect(overrideRecipe(pretraining('sonnets-bpe'), ['tokenizer.kind=bytes']).tokenizer).toEqual({ kind: 'bytes' })
  })

  it.each([
    ['steps', 'override-form'],
    ['=3', 'override-form'],
    ['step=3', 'override-unknown'],
    ['model.layer=3', 'override-unknown'],
    ['model.layers.deep=3', 'override-unknown'],
    ['__proto__.polluted=1', 'override-unknown'],
    ['constructor.prototype.polluted=1', 'override-unknown'],
    ['steps=0', 'recipe-invalid'],
    ['steps=many', 'recipe-invalid'],
    ['model=3', 'recipe-invalid'],
    ['stage=sft', 'recipe-invalid'],
    ['corpus.validation=0.9', 'recipe-invalid']
  ])('names what is wrong with %s', (override, code) => {
    expect(failureIn(() => overrideRecipe(recipe, [override])).code).toBe(code)
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  it('says which field, what was expected and what was received', () => {
    const failure = failureIn(() => overrideRecipe(recipe, ['optimiser.beta2=1.5']))
    expect(failure.details['field']).toBe('optimiser.beta2')
    expect(failure.message).toContain('1.5')
  })

  it('names text that is no JSON', () => {
    expect(failureIn(() => parseRecipe('{', 'mine.json'))).toMatchObject({
      code: 'recipe-not-json',
      details: { source: 'mine.json' }
    })
  })
})
