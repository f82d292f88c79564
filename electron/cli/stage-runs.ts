/** Runs one after another in the foreground, for commands that train several models. */
import { LabFailure } from '../contract/failure.ts'
import type { Recipe, RunProgress } from '../contract/training.ts'
import type { Lab } from '../lab/lab.ts'
import { call, interruptedExit, print, printJson } from './command.ts'
import { RunView } from './run-view.ts'
import { duration, StatusLine, style } from './terminal.ts'

export interface StageRun {
  readonly recipe: string
  readonly run: string
  /** Id of the model that came out. */
  readonly model: string
  /** Wall time, preparing included. */
  readonly seconds: number
}

/**
 * Trains a recipe to its end and shows it as it goes: a view for people, or every line of the log as JSON.
 * @throws LabFailure what the run failed with; `cancelled` after Ctrl-C, when a checkpoint is kept
 */
export async function trainInFront(lab: Lab, recipe: Recipe, json: boolean): Promise<StageRun> {
  const since = performance.now()
  const preparing = new StatusLine()
  let last: RunProgress | undefined
  let view: RunView | undefined
  let run: string | undefined
  let interrupted = false
  const interrupt = (): void => {
    process.once('SIGINT', () => process.exit(interruptedExit))
    interrupted = true
    view?.interrupt()
    void lab.close()
  }
  const early: (readonly [string, RunProgress])[] = []
  const follow = (progress: RunProgress): void => {
    last = progress
    if (view) view.show(progress)
    else if (json) printJson({ recipe: recipe.name, ...progress })
  }
  const unsubscribe = lab.runs.onProgress((id, progress) => {
    if (run === undefined) early.push([id, progress])
    else if (id === run) follow(progress)
  })
  process.once('SIGINT', interrupt)
  process.once('SIGTERM', interrupt)
  try {
    if (!json) preparing.show(`${recipe.name}: preparing the data …`)
    const started = await call(lab, 'runs.start', { recipe }).finally(() => preparing.clear())
    run = started.id
    if (!json) view = new RunView(started)
    for (const [id, progress] of early) if (id === run) follow(progress)
    await lab.runs.ended(run)
  } finally {
    view?.clear()
    unsubscribe()
    process.off('SIGINT', interrupt)
    process.off('SIGTERM', interrupt)
  }
  const summary = await lab.runs.summary(run)
  if (summary.failure) throw new LabFailure(summary.failure.code, summary.failure.message, summary.failure.details)
  if (interrupted || last === undefined || summary.model === undefined) {
    if (!json) print(`Interrupted. Go on with: gptlab resume ${run}`)
    throw new LabFailure('cancelled', 'The run was interrupted.')
  }
  const seconds = (performance.now() - since) / 1000
  if (!json) print(`${style.good('Done.')} ${recipe.name} in ${duration(seconds)}`)
  return { recipe: recipe.name, run, model: summary.model, seconds }
}

/** The recipe with the models that it names exchanged for those given, by the names that it gives them. */
export function startingFrom(recipe: Recipe, models: ReadonlyMap<string, string>): Recipe {
  const exchanged = (name: string) => models.get(name) ?? name
  if (recipe.stage === 'pretrain') return recipe
  const from = exchanged(recipe.from)
  if (recipe.stage === 'ppo') return { ...recipe, from, ppo: { ...recipe.ppo, reward: exchanged(recipe.ppo.reward) } }
  if (recipe.stage === 'grpo') return { ...recipe, from, grpo: { ...recipe.grpo, reward: exchanged(recipe.grpo.reward) } }
  return { ...recipe, from }
}
