/** `gptlab pipeline`: all four stages one after another from nothing, and what the models that come out can do. */
import type { ComparisonReport, EvaluationReport } from '../contract/atlas.ts'
import { LabFailure } from '../contract/failure.ts'
import type { Lab } from '../lab/lab.ts'
import { call, print, printJson, withLab, type CommonOptions } from './command.ts'
import { row } from './evaluate.ts'
import { startingFrom, trainInFront, type StageRun } from './stage-runs.ts'
import { duration, StatusLine, style, table } from './terminal.ts'

/** Recipes of each preset: base, SFT, reward model, RLHF. */
export const presets = {
  lesson: ['lesson-base', 'lesson-sft', 'lesson-reward', 'lesson-rlhf'],
  full: ['atlas-base', 'atlas-sft', 'atlas-reward', 'atlas-rlhf']
} as const

interface PipelineOptions extends CommonOptions {
  readonly preset: keyof typeof presets
  /** Changes of single recipes, such as `lesson-base.steps=100`. */
  readonly set?: readonly string[]
  /** Recipe to begin with; the models of those before it are taken as they are. */
  readonly begin?: string
  readonly threads?: number
  /** Prompts of each kind in the evaluations, at most. */
  readonly limit?: number
  /** Completions of each open prompt in the comparisons. */
  readonly samples: number
}

export async function pipeline(options: PipelineOptions): Promise<void> {
  await withLab(options, async lab => {
    const recipes = await recipesOf(lab, options)
    const models = new Map<string, string>()
    const first = options.begin === undefined ? 0 : placeOf(recipes, options.begin)
    for (const { name } of recipes.slice(0, first)) models.set(name, (await newest(lab, name)).id)
    const stages: StageRun[] = []
    for (const recipe of recipes.slice(first)) {
      const done = await trainInFront(lab, startingFrom(recipe, models), options.json === true)
      stages.push(done)
      models.set(recipe.name, done.model)
    }
    const seconds = stages.reduce((sum, stage) => sum + stage.seconds, 0)
    const figures = await measure(lab, [...models.values()], options)
    if (options.json) return printJson({ kind: 'pipeline', preset: options.preset, stages, seconds, ...figures })
    report(stages, seconds, figures)
  })
}

async function recipesOf(lab: Lab, { preset, set = [] }: PipelineOptions) {
  const { findRecipe } = await import('../lab/recipes.ts')
  const { overrideRecipe } = await import('../training/recipe.ts')
  const names: readonly string[] = presets[preset]
  const strange = set.find(change => !names.some(name => change.startsWith(`${name}.`)))
  if (strange !== undefined)
    throw new LabFailure(
      'override-form',
      `Expected a recipe and a change of it, such as ${names[0]}.steps=100, but received ${strange}. The recipes of this preset are ${names.join(', ')}.`,
      { override: strange }
    )
  return Promise.all(
    names.map(async name => {
      const changes = set.filter(change => change.startsWith(`${name}.`)).map(change => change.slice(name.length + 1))
      return overrideRecipe(await findRecipe(lab.resources.recipes, name), changes)
    })
  )
}

function placeOf(recipes: readonly { readonly name: string }[], begin: string): number {
  const place = recipes.findIndex(({ name }) => name === begin)
  if (place >= 0) return place
  const names = recipes.map(({ name }) => name).join(', ')
  throw new LabFailure('recipe-unknown', `There is no recipe ${begin} in this preset. Expected one of ${names}.`, {
    recipe: begin,
    names
  })
}

/** The newest model of that name, trained here before one that came with the lab. */
async function newest(lab: Lab, name: string) {
  return (await lab.models.list()).find(model => model.name === name) ?? lab.models.find(name)
}

interface Figures {
  readonly evaluations: readonly EvaluationReport[]
  /** RLHF against SFT on held-out questions and on open prompts, with the base model beside them on the latter. */
  readonly comparisons: { readonly facts: ComparisonReport; readonly open: ComparisonReport }
}

const seed = 1337
const decoder = { temperature: 0.7, maxTokens: 48, seed }

async function measure(
  lab: Lab,
  [base, sft, reward, rlhf]: readonly string[],
  { limit, samples: completions, json }: PipelineOptions
): Promise<Figures> {
  const status = new StatusLine()
  const progress = ({ part }: { part: string }) => (json ? undefined : status.show(`Measuring: ${part} …`))
  try {
    const evaluations: EvaluationReport[] = []
    for (const model of [base!, sft!, reward!, rlhf!])
      evaluations.push(
        await call(lab, 'evaluate', { model, suite: 'atlas', seed, ...(limit !== undefined && { limit }) }, { progress })
      )
    const compare = (models: string[], prompts: 'facts' | 'open', samples: number) =>
      call(lab, 'compare', { models, prompts, samples, ...decoder, reward: reward! }, { progress })
    return {
      evaluations,
      comparisons: {
        facts: await compare([sft!, rlhf!], 'facts', Math.max(2, Math.floor(completions / 4))),
        open: await compare([sft!, rlhf!, base!], 'open', completions)
      }
    }
  } finally {
    status.clear()
  }
}

function report(stages: readonly StageRun[], seconds: number, { evaluations, comparisons }: Figures): void {
  print()
  print(table([['stage', 'seconds', 'model'], ...stages.map(stage => [stage.recipe, stage.seconds.toFixed(1), stage.model])]))
  print(`${style.strong('All stages')} ${duration(seconds)}`)
  for (const { name, kind, figures } of evaluations) {
    print(`\n${style.strong(name)} ${style.quiet(kind)}`)
    // Topic by topic is for `gptlab evaluate`.
    print(table([['figure', 'value', '95 % interval', 'of'], ...figures.filter(figure => !figure.name.includes(': ')).map(row)]))
  }
  for (const [prompts, { models, samples }] of Object.entries(comparisons)) {
    print(
      `\n${style.strong(prompts === 'facts' ? 'Held-out questions' : 'Open prompts')} ${style.quiet(`${samples} completions each at ${decoder.temperature}`)}`
    )
    for (const { name, figures } of models)
      print(`${name}\n${table([['figure', 'value', '95 % interval', 'prompts'], ...figures.map(row)])}`)
  }
}
