import { describe, expect, it } from 'vitest'
import type { RecipeOf } from '../../../electron/contract/training.ts'
import { classification } from '../../../electron/training/classify.ts'
import type { Compile } from '../../../electron/training/prepared-run.ts'
import {
  compiler,
  config,
  figures,
  heldOutLosses,
  metricsOf,
  parameters,
  sameBits,
  shared,
  tokenizer,
  train,
  withAndWithoutInterruption
} from './small-stages.ts'

const { samples: _, ...settings } = shared
const recipe: RecipeOf<'classify'> = {
  ...settings,
  stage: 'classify',
  name: 'small-classify',
  steps: 80,
  classify: { source: 'atlas' }
}
const classes = ['bad', 'fair', 'good']
const words = { bad: 'awful', fair: 'all right', good: 'lovely' }
const texts = (things: string[]) =>
  things.flatMap(thing => Object.entries(words).map(([label, word]) => ({ text: `The ${thing} was ${word}, it was.`, label })))
const parts = {
  train: texts(['soup', 'film', 'song', 'walk', 'room', 'play']),
  heldOut: texts(['book', 'game'])
}
const open = (compile: Compile) => classification({ recipe, config, tokenizer, parameters, texts: parts, classes }, compile)

describe('classification', () => {
  it('learns the classes, and names them for texts that it has not seen', async () => {
    const run = await train(recipe, open)
    const accuracies = metricsOf(run).map(metrics => metrics['eval/accuracy'])
    expect(accuracies.at(-1)).toBe(1)
    expect(heldOutLosses(run).first).toBeCloseTo(Math.log(3), 1)
    expect(heldOutLosses(run).last).toBeLessThan(0.2)
    expect(run.result!.parameters.get('classes.weight')).toHaveLength(3 * config.channels)
    expect(run.result!.parameters.has('lm_head.weight')).toBe(false)
  })

  it('has the loss that the engine has', async () => {
    const { compile, plans } = compiler()
    const whole = { train: parts.train.slice(0, 8), heldOut: [] }
    const stage = classification({ recipe, config, tokenizer, parameters, texts: whole, classes }, compile)
    await stage.initialise()
    const { trainLoss, validationLoss } = await stage.evaluate!({ step: 0, stepsPerCall: 1 })
    expect(validationLoss).toBeNull()
    // A batch of the same eight texts.
    const { losses } = await stage.train({
      step: 0,
      count: 1,
      random: { uniform: () => 0, integer: firstToLast(), state: never }
    })
    expect(losses[0]).toBeCloseTo(trainLoss, 5)
    await plans[0]!.close()
  })

  it('goes on with the same bits after an interruption', async () => {
    const { whole, resumed } = await withAndWithoutInterruption({ ...recipe, steps: 40 }, open)
    expect(sameBits(resumed.result!.parameters, whole.result!.parameters)).toBe(true)
    expect(figures(resumed)).toEqual(figures(whole))
  })
})

/** Draws each in turn. */
function firstToLast(): (bound: number) => number {
  let i = 0
  return bound => i++ % bound
}

function never(): never {
  throw new Error('not asked for')
}
