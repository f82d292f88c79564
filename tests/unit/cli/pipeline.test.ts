/** All stages from nothing, very small, on the command line; and how a model that was made again is held against its card. */
import { readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compareCards } from '../../../electron/cli/reproduce.ts'
import { startingFrom } from '../../../electron/cli/stage-runs.ts'
import type { Recipe } from '../../../electron/contract/training.ts'
import { parseRecipe } from '../../../electron/training/recipe.ts'
import { buildCommandLine, type CommandLine } from './command-line.ts'

const recipe = (name: string): Recipe =>
  parseRecipe(readFileSync(join(import.meta.dirname, `../../../models/recipes/${name}.json`), 'utf8'), name)

describe('gptlab pipeline', { timeout: 300_000 }, () => {
  let gptlab: CommandLine
  beforeAll(async () => void (gptlab = await buildCommandLine()))
  afterAll(() => gptlab.remove())

  const small = [
    ...['steps=40', 'model.layers=1', 'model.heads=2', 'model.channels=32', 'tokenizer.vocabulary=600', 'batch.size=8'].map(
      change => `lesson-base.${change}`
    ),
    ...['steps=20', 'batch.size=4', 'evaluation.every=20', 'samples.every=20'].map(change => `lesson-sft.${change}`),
    ...['steps=10', 'batch.size=8', 'reward.prompts=8', 'reward.written=40', 'reward.tokens=8'].map(
      change => `lesson-reward.${change}`
    ),
    ...[
      'steps=2',
      'ppo.rollouts=16',
      'batch.size=8',
      'ppo.tokens=8',
      'ppo.rounds={"every":1,"source":"atlas","prompts":8,"written":8,"completions":4,"tokens":8,"temperature":1,"noise":0,"steps":2,"learningRate":1e-3,"earlier":0.5}'
    ].map(change => `lesson-rlhf.${change}`)
  ].map(change => `--set=${change}`)
  const words = ['pipeline', '--preset=lesson', '--threads=2', '--limit=4', '--samples=2', ...small]

  it('trains one stage from the other and measures the models, also from the middle on', async () => {
    const lines = await gptlab.json(words)
    const last = lines.at(-1)!
    expect(last).toMatchObject({ kind: 'pipeline', preset: 'lesson' })
    const stages = last['stages'] as { recipe: string; model: string; seconds: number }[]
    expect(stages.map(stage => stage.recipe)).toEqual(['lesson-base', 'lesson-sft', 'lesson-reward', 'lesson-rlhf'])
    const [{ models }] = (await gptlab.json(['models'])) as unknown as [
      { models: { id: string; kind: string; origin: string }[] }
    ]
    const own = models.filter(({ origin }) => origin === 'trained')
    expect(stages.map(({ model }) => own.find(({ id }) => id === model)?.kind)).toEqual(['base', 'sft', 'reward', 'rlhf'])
    expect(lines.filter(line => line['kind'] === 'metrics' && line['recipe'] === 'lesson-rlhf')).toHaveLength(2)
    const evaluations = last['evaluations'] as { kind: string; figures: { name: string }[] }[]
    expect(evaluations.map(({ kind }) => kind)).toEqual(['base', 'sft', 'reward', 'rlhf'])
    expect(evaluations[1]!.figures.map(({ name }) => name)).toContain('facts greedy')
    const { facts } = last['comparisons'] as Record<'facts' | 'open', { models: { figures: { name: string }[] }[] }>
    expect(facts.models[1]!.figures.map(({ name }) => name)).toContain('KL per completion')
    // The policy at the beginning and at the end, beside the model.
    const folder = join(gptlab.home, 'models', stages[3]!.model.slice('home:'.length), 'snapshots')
    expect(await readdir(folder)).toEqual(['step-000000.safetensors', 'step-000002.safetensors'])

    const again = (await gptlab.json([...words, '--begin=lesson-rlhf'])).at(-1)!
    expect((again['stages'] as unknown[]).length).toBe(1)
    expect((again['evaluations'] as { model: string }[])[0]!.model).toBe(stages[0]!.model)
  })

  it('refuses changes of recipes that the preset has not', async () => {
    const { code, errors } = await gptlab.run(['pipeline', '--preset=lesson', '--set=atlas-base.steps=1', '--json'])
    expect(code).toBe(1)
    expect(JSON.parse(errors)).toMatchObject({ code: 'override-form' })
  })

  it('names a model that is no model of the kind a stage needs', async () => {
    const start = ['train', '--recipe=lesson-rlhf', '--set=from=sonnets-char', '--json']
    const { code, errors } = await gptlab.run(start)
    expect(code).toBe(1)
    expect(JSON.parse(errors)).toMatchObject({ code: 'stage-wrong-model' })
  })
})

describe('startingFrom', () => {
  it('exchanges the names of models, the reward model’s too', () => {
    const models = new Map([
      ['lesson-sft', 'home:a'],
      ['lesson-reward', 'home:b']
    ])
    expect(startingFrom(recipe('lesson-rlhf'), models)).toMatchObject({ from: 'home:a', ppo: { reward: 'home:b' } })
    expect(startingFrom(recipe('atlas-grpo'), models)).toEqual(recipe('atlas-grpo'))
  })
})

describe('compareCards', () => {
  const card = { trainLoss: 2, validationLoss: 2.5, metrics: { 'objective/kl': 10, 'time/update': 3 } }

  it('holds losses and measures against the card, but not times', () => {
    const figures = compareCards(
      card,
      { trainLoss: 2.05, validationLoss: 2.9, metrics: { 'objective/kl': 10.4, 'time/update': 9 } },
      0.05
    )
    expect(figures.map(({ name, ok }) => [name, ok])).toEqual([
      ['training loss', true],
      ['validation loss', false],
      ['objective/kl', true]
    ])
  })

  it('misses what is not there', () => {
    expect(
      compareCards(card, { trainLoss: 2 }, 0.05)
        .filter(({ ok }) => !ok)
        .map(({ name }) => name)
    ).toEqual(['validation loss', 'objective/kl'])
  })
})
