/** `gptlab train` and `gptlab resume`: a run in the foreground. */
import { cp, readdir, readFile, stat } from 'node:fs/promises'
import { basename, extname, resolve } from 'node:path'
import { LabFailure } from '../contract/failure.ts'
import type { Recipe, RunProgress, RunSummary, Stage } from '../contract/training.ts'
import type { Lab } from '../lab/lab.ts'
import { call, interruptedExit, print, printJson, withLab, type CommonOptions } from './command.ts'
import { findModel } from './models.ts'
import { RunView } from './run-view.ts'
import { StatusLine } from './terminal.ts'

interface RunOptions extends CommonOptions {
  readonly threads?: number
  readonly out?: string
}

interface TrainOptions extends RunOptions {
  /** One of the two is given. */
  readonly recipe?: string
  readonly stage?: Stage
  /** Model that a later stage starts from. */
  readonly from?: string
  readonly set?: readonly string[]
  readonly steps?: number
  readonly seed?: number
  readonly corpus?: string
}

export async function train(options: TrainOptions): Promise<void> {
  await watchRun(options, async lab => {
    const { overrideRecipe } = await import('../training/recipe.ts')
    const recipe = await chosenRecipe(lab, options)
    const changes = [...(options.set ?? [])]
    if (options.from !== undefined) changes.push(`from=${JSON.stringify((await findModel(lab, options.from)).id)}`)
    if (options.steps !== undefined) changes.push(`steps=${options.steps}`)
    if (options.seed !== undefined) changes.push(`seed=${options.seed}`)
    if (options.corpus !== undefined)
      changes.push(`${sourceField(recipe)}=${JSON.stringify(await addCorpus(lab, options.corpus))}`)
    return await call(lab, 'runs.start', { recipe: overrideRecipe(recipe, changes) })
  })
}

/** The recipe that is named, or the shipped one of the stage. @throws LabFailure `recipe-unknown`, `recipe-stage` */
async function chosenRecipe(lab: Lab, { recipe, stage }: TrainOptions): Promise<Recipe> {
  const { findRecipe, recipeOfStage } = await import('../lab/recipes.ts')
  const { ofStage } = await import('../training/recipe.ts')
  if (recipe === undefined) return recipeOfStage(lab.resources.recipes, stage!)
  const named = await findRecipe(lab.resources.recipes, recipe)
  return stage === undefined ? named : ofStage(named, stage)
}

/** Field of a recipe that names a text. */
function sourceField({ stage }: Recipe): string {
  return stage === 'reward' || stage === 'dpo' ? `${stage}.source` : 'corpus.source'
}

export async function resume(run: string, options: RunOptions): Promise<void> {
  await watchRun(options, lab => call(lab, 'runs.resume', { run }))
}

/** Takes a text file into the lab; gives its handle. */
async function addCorpus(lab: Lab, path: string): Promise<string> {
  const bytes = await readFile(resolve(path)).catch((error: Error) => {
    throw new LabFailure('text-unreadable', `Expected a text file but ${path} cannot be read: ${error.message}`, {
      path,
      reason: error.message
    })
  })
  const corpus = await call(lab, 'corpora.add', {
    name: basename(path, extname(path)).slice(0, 80),
    bytes: new Uint8Array(bytes)
  })
  return corpus.id
}

/**
 * Begins a run and follows it until it ends: JSON lines, every one, or a view for people. Ctrl-C ends it with a
 * checkpoint.
 * @throws LabFailure what the run failed with; `out-taken`
 */
async function watchRun(options: RunOptions, begin: (lab: Lab) => Promise<RunSummary>): Promise<void> {
  const out = options.out === undefined ? undefined : resolve(options.out)
  if (out !== undefined) await assertFree(out)
  await withLab(options, async lab => {
    let run: RunSummary | undefined
    let view: RunView | undefined
    const preparing = new StatusLine()
    let last: RunProgress | undefined
    const interrupt = (): void => {
      process.once('SIGINT', () => process.exit(interruptedExit))
      // Nothing has begun that could be kept.
      if (!run) process.exit(interruptedExit)
      view?.interrupt()
      void lab.close()
    }
    const follow = (progress: RunProgress): void => {
      if (progress.kind === 'done' || progress.kind === 'failed') last = progress
      if (view) view.show(progress)
      else if (progress.kind !== 'done') printJson(progress)
    }
    const early: (readonly [string, RunProgress])[] = []
    const unsubscribe = lab.runs.onProgress((id, progress) => {
      if (!run) early.push([id, progress])
      else if (id === run.id) follow(progress)
    })
    process.once('SIGINT', interrupt)
    process.once('SIGTERM', interrupt)
    try {
      if (!options.json) preparing.show('Preparing the data …')
      run = await begin(lab).finally(() => preparing.clear())
      if (!options.json) view = new RunView(run)
      for (const [id, progress] of early) if (id === run.id) follow(progress)
      await lab.runs.ended(run.id)
    } finally {
      view?.clear()
      unsubscribe()
      process.off('SIGINT', interrupt)
      process.off('SIGTERM', interrupt)
    }
    if (last?.kind === 'failed') throw new LabFailure(last.code, last.message, last.details)
    if (last?.kind !== 'done') {
      process.exitCode = interruptedExit
      if (!options.json) print(`Interrupted. Go on with: gptlab resume ${run.id}`)
      return
    }
    const { directory } = await call(lab, 'models.describe', { model: last.model })
    if (out !== undefined) await cp(directory, out, { recursive: true })
    const done = { ...last, model: out ?? directory }
    if (view) view.finish(done, await call(lab, 'runs.history', { run: run.id }))
    else printJson(done)
  })
}

/** A folder for a model is new, or empty, or holds a model that is replaced. */
async function assertFree(folder: string): Promise<void> {
  const entry = await stat(folder).catch(() => undefined)
  if (!entry) return
  const names = entry.isDirectory() ? await readdir(folder) : undefined
  if (names?.length === 0 || names?.includes('config.json')) return
  throw new LabFailure(
    'out-taken',
    `Expected a new or empty folder, or a model's, for --out but ${folder} holds something else. Choose another one.`,
    { folder }
  )
}
