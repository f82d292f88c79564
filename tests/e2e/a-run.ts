/** Runs that tests start through the page's contract, small enough for every machine. */
import { expect, type Page } from '@playwright/test'
import type { PretrainRecipe, Recipe } from '../../electron/contract/training.ts'
import { unwrap } from '../../electron/contract/failure.ts'

/** A small character GPT that trains for as long as a test wants, some ten to a hundred steps a second. */
export const endless: PretrainRecipe = {
  name: 'endless',
  purpose: 'A run for tests.',
  expected: { minutes: 1, hardware: 'any' },
  stage: 'pretrain',
  seed: 7,
  corpus: { source: 'sonnets', validation: 0.1 },
  tokenizer: { kind: 'characters' },
  model: { layers: 2, heads: 4, channels: 64, context: 64, bias: false, tied: true, dropout: 0 },
  optimiser: {
    learningRate: 1e-3,
    minimumLearningRate: 1e-4,
    warmup: 10,
    beta1: 0.9,
    beta2: 0.99,
    epsilon: 1e-8,
    weightDecay: 0.1,
    decay: 'matrices',
    clip: 1
  },
  batch: { size: 8, draw: 'random', loss: 'every' },
  steps: 10_000_000,
  evaluation: { every: 10_000, batches: 1 },
  samples: { every: 100_000, tokens: 20, prompt: 'Shall', temperature: 0.8 },
  checkpointSeconds: 1
}

/** Starts a run and waits for its first steps; its id. */
export async function startRun(page: Page, recipe: Recipe): Promise<string> {
  const { id } = unwrap(await page.evaluate(recipe => window.lab.call('runs.start', { recipe }).result, recipe))
  await expect.poll(async () => (await stepsOf(page, id)).length).toBeGreaterThan(3)
  return id
}

/** Steps of a run's history, as the page gets them. */
export async function stepsOf(page: Page, run: string): Promise<number[]> {
  return page.evaluate(async run => {
    const history = await window.lab.call('runs.history', { run }).result
    return history.ok ? Array.from(history.value.steps) : []
  }, run)
}
