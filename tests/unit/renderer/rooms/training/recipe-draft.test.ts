/** Recipes as the editor changes them, held against the lab's own reading of recipes. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Recipe } from '../../../../../electron/contract/training.ts'
import { gptGraph } from '../../../../../electron/graph/gpt.ts'
import { countParameters } from '../../../../../electron/graph/graph.ts'
import { readRecipe } from '../../../../../electron/training/recipe.ts'
import { learningRateAt } from '../../../../../electron/training/schedule.ts'
import {
  changedFields,
  fieldOf,
  formProblems,
  learningRates,
  parameterShares,
  presetOf,
  withField
} from '../../../../../renderer/rooms/training/recipe-draft.ts'
import { allFields } from '../../../../../renderer/rooms/training/recipe-fields.ts'
import * as en from '../../../../../renderer/i18n/en/index.ts'

const folder = join(import.meta.dirname, '../../../../../models/recipes')
const ofAllStages = readdirSync(folder).map(file => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Recipe)
const shipped = ofAllStages.filter(recipe => recipe.stage === 'pretrain')
const sonnets = shipped.find(({ name }) => name === 'sonnets-char')!
const babyGpt = shipped.find(({ name }) => name === 'baby-gpt')!

test('a changed field is the only one that differs, and the recipe it came from stays', () => {
  const before = structuredClone(sonnets)
  const changed = withField(sonnets, 'optimiser.learningRate', 3e-4)
  expect(fieldOf(changed, 'optimiser.learningRate')).toBe(3e-4)
  expect(changedFields(changed, sonnets)).toEqual(['optimiser.learningRate'])
  expect(changedFields(withField(changed, 'optimiser.learningRate', sonnets.optimiser.learningRate), sonnets)).toEqual([])
  expect(sonnets).toEqual(before)
})

test('the lab accepts a recipe after every choice of the editor', () => {
  for (const recipe of shipped)
    for (const field of allFields)
      for (const value of field.kind === 'choice'
        ? field.choices
        : field.kind === 'switch'
          ? [true, false]
          : field.kind === 'number'
            ? [field.minimum, field.maximum]
            : ['Ein Name']) {
        const changed = withField(recipe, field.path, value)
        if (field.path === 'tokenizer.vocabulary' && recipe.tokenizer.kind !== 'bpe') continue
        expect(() => readRecipe(changed, field.path), `${field.path} = ${value}`).not.toThrow()
        expect(formProblems(changed), field.path).toEqual([])
      }
})

test('word pieces bring a vocabulary, and characters take it away', () => {
  const pieces = withField(sonnets, 'tokenizer.kind', 'bpe')
  expect(pieces.tokenizer).toEqual({ kind: 'bpe', vocabulary: 1024 })
  expect(withField(pieces, 'tokenizer.kind', 'characters').tokenizer).toEqual({ kind: 'characters' })
})

test('a name that the lab would refuse is a problem of the name’s field', () => {
  expect(formProblems(withField(sonnets, 'name', '../escape')).map(({ field }) => field)).toEqual(['name'])
  expect(formProblems(withField(sonnets, 'name', '我的模型 2'))).toEqual([])
})

test('a run under a name of its own still knows the recipe that it came from', () => {
  expect(presetOf({ ...sonnets, name: 'mine' }, shipped)).toBe(sonnets)
  expect(presetOf({ ...sonnets, name: 'mine', purpose: 'another' }, shipped)).toBeNull()
  expect(changedFields({ ...sonnets, name: 'mine' }, sonnets)).toEqual([])
})

test('the learning rate is drawn as training follows it', () => {
  for (const recipe of shipped) {
    const { steps, rates } = learningRates(recipe)
    steps.forEach((step, i) => expect(rates[i]).toBeCloseTo(learningRateAt(step, recipe.steps, recipe.optimiser), 12))
  }
})

test('the shares add up to the graph’s parameters, and what is left are biases and norms', () => {
  for (const recipe of [sonnets, babyGpt, withField(sonnets, 'model.tied', false)]) {
    const graph = gptGraph({ ...recipe.model, vocabulary: 61 })
    const total = countParameters(graph)
    const shares = parameterShares(recipe, 61, total)
    expect(shares.reduce((sum, { count }) => sum + count, 0)).toBe(total)
    const vectors = graph.parameters.filter(({ shape }) => shape.length < 2)
    expect(shares.at(-1)!.count).toBe(vectors.reduce((sum, { shape }) => sum + shape[0]!, 0))
  }
})

test('every field and every shipped recipe has its texts', () => {
  const fields = en.training.fields as Record<string, { name: string; tip: string; choices?: Record<string, string> }>
  for (const field of allFields) {
    const texts = fields[field.path.replaceAll('.', '-')]
    expect(texts?.tip, field.path).toBeTruthy()
    if (field.kind === 'choice') expect(Object.keys(texts!.choices!).sort()).toEqual([...field.choices].sort())
  }
  expect(Object.keys(en.training.recipes).sort()).toEqual(ofAllStages.map(({ name }) => name).sort())
})
