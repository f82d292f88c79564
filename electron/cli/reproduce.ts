/** `gptlab reproduce`: makes shipped models again by their recipes and holds what comes out against their cards. */
import { LabFailure } from '../contract/failure.ts'
import type { ModelCard } from '../contract/models.ts'
import type { Recipe } from '../contract/training.ts'
import { fromHalf, toHalf } from '../graph/half.ts'
import type { Parameters } from '../graph/parameters.ts'
import type { Lab } from '../lab/lab.ts'
import { call, print, printJson, withLab, type CommonOptions } from './command.ts'
import { startingFrom, trainInFront } from './stage-runs.ts'
import { style, table } from './terminal.ts'

interface ReproduceOptions extends CommonOptions {
  /** Largest difference of a figure, as a share of it where it is above 1. */
  readonly tolerance: number
  readonly threads?: number
}

export interface ReproducedFigure {
  readonly name: string
  readonly card: number
  readonly here: number
  readonly ok: boolean
}

/** The exit code is 1 when a figure is out of its tolerance. */
export async function reproduce(names: readonly string[], options: ReproduceOptions): Promise<void> {
  await withLab(options, async lab => {
    const { findRecipe } = await import('../lab/recipes.ts')
    /** Models made again so far, by the names that recipes give them. */
    const made = new Map<string, string>()
    for (const name of names) {
      const recipe = await findRecipe(lab.resources.recipes, name)
      const shipped = await shippedModel(lab, recipe.name)
      const done = await trainInFront(lab, startingFrom(recipe, await sources(lab, recipe, made)), options.json === true)
      made.set(recipe.name, done.model)
      const here = await call(lab, 'models.describe', { model: done.model })
      const figures = compareCards(shipped.card, here.card, options.tolerance)
      const [before, now] = [await lab.models.load(shipped.id), await lab.models.load(done.model)]
      const sameBits = sameWeights(before.parameters!, now.parameters!)
      const ok = sameBits || figures.every(figure => figure.ok)
      if (!ok) process.exitCode = 1
      if (options.json)
        printJson({ kind: 'reproduced', recipe: recipe.name, model: done.model, ok, sameBits, seconds: done.seconds, figures })
      else report(recipe.name, figures, sameBits)
    }
  })
}

/** @throws LabFailure `model-unknown` */
async function shippedModel(lab: Lab, name: string) {
  return call(lab, 'models.describe', { model: `shipped:${name}` })
}

/** The models that a recipe starts from: shipped, as when it was made; else made again in this call. */
async function sources(lab: Lab, recipe: Recipe, made: ReadonlyMap<string, string>): Promise<Map<string, string>> {
  const shipped = new Map(
    (await lab.models.list()).filter(({ origin }) => origin === 'shipped').map(({ id }) => [id.slice('shipped:'.length), id])
  )
  const models = new Map([...made, ...shipped])
  if (recipe.stage !== 'pretrain' && !models.has(recipe.from))
    throw new LabFailure(
      'model-unknown',
      `There is no shipped model ${recipe.from}, from which ${recipe.name} starts. Make it again first: gptlab reproduce ${recipe.from} ${recipe.name}`,
      { model: recipe.from, known: [...models.keys()].join(', ') }
    )
  return models
}

/** Whether weights are the shipped ones, each as it is or as the half that was shipped of it. */
function sameWeights(shipped: Parameters, here: Parameters): boolean {
  return [...shipped].every(([name, values]) => {
    const made = here.get(name)
    return made?.length === values.length && values.every((value, i) => value === made[i] || value === fromHalf(toHalf(made[i]!)))
  })
}

/** Losses and measures that both cards have; times and speeds are the machine's own. */
export function compareCards(card: ModelCard, here: ModelCard, tolerance: number): ReproducedFigure[] {
  const pairs: [string, number | undefined, number | undefined][] = [
    ['training loss', card.trainLoss, here.trainLoss],
    ['validation loss', card.validationLoss, here.validationLoss],
    ...Object.entries(card.metrics ?? {})
      .filter(([name]) => !name.startsWith('time/'))
      .map(([name, value]): [string, number, number | undefined] => [name, value, here.metrics?.[name]])
  ]
  return pairs.flatMap(([name, known, found]) => {
    if (known === undefined) return []
    const value = found ?? NaN
    return [{ name, card: known, here: value, ok: Math.abs(value - known) <= tolerance * Math.max(1, Math.abs(known)) }]
  })
}

function report(name: string, figures: readonly ReproducedFigure[], sameBits: boolean): void {
  print(
    `\n${style.strong(name)} ${sameBits ? style.good('the same bits as the shipped model') : 'other bits than the shipped model'}`
  )
  print(
    table([
      ['figure', 'card', 'here', ''],
      ...figures.map(({ name: figure, card, here, ok }) => [
        figure,
        card.toPrecision(5),
        here.toPrecision(5),
        ok ? style.good('✓') : style.bad('✗')
      ])
    ])
  )
}
