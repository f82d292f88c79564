/** `gptlab train` and `gptlab resume`: a run in the foreground. */
import { cp, readFile } from 'node:fs/promises'
import { basename, extname, resolve } from 'node:path'
import { LabFailure } from '../contract/failure.ts'
import type { Recipe, RunProgress, RunSummary } from '../contract/training.ts'
import type { Lab } from '../lab/lab.ts'
import { call, print, printJson, withLab, type CommonOptions } from './command.ts'
import { bar, curve, duration, StatusLine, style, thousands } from './terminal.ts'

interface TrainOptions extends CommonOptions {
  readonly recipe: string
  readonly set: readonly string[]
  readonly steps?: number
  readonly seed?: number
  readonly threads?: number
  readonly corpus?: string
  readonly out?: string
}

/** A recipe by its name among the shipped ones, or from a file. */
async function findRecipe(lab: Lab, asked: string): Promise<Recipe> {
  const recipes = await call(lab, 'recipes.list', undefined)
  const named = recipes.find(recipe => recipe.name === asked)
  if (named) return named
  const text = await readFile(resolve(asked), 'utf8').catch(() => {
    const known = recipes.map(recipe => recipe.name).join(', ')
    throw new LabFailure(
      'recipe-unknown',
      `There is no recipe and no file called ${asked}. Expected a file or one of: ${known}.`,
      { recipe: asked, known }
    )
  })
  const { parseRecipe } = await import('../training/recipe.ts')
  return parseRecipe(text, basename(asked))
}

export async function train(options: TrainOptions): Promise<void> {
  await withLab({ threads: options.threads }, async lab => {
    const { overrideRecipe } = await import('../training/recipe.ts')
    const changes = [...options.set]
    if (options.steps !== undefined) changes.push(`steps=${options.steps}`)
    if (options.seed !== undefined) changes.push(`seed=${options.seed}`)
    if (options.corpus) {
      const bytes = new Uint8Array(await readFile(resolve(options.corpus)))
      const corpus = await call(lab, 'corpora.add', { name: basename(options.corpus, extname(options.corpus)), bytes })
      changes.push(`corpus.source=${JSON.stringify(corpus.id)}`)
    }
    const recipe = overrideRecipe(await findRecipe(lab, options.recipe), changes)
    const { run, done } = watchRun(lab, options)
    run(await call(lab, 'runs.start', { recipe }))
    const model = await done
    if (model && options.out) await cp(model, resolve(options.out), { recursive: true })
  })
}

export async function resume(run: string, options: CommonOptions & { readonly threads?: number }): Promise<void> {
  await withLab({ threads: options.threads }, async lab => {
    const watch = watchRun(lab, options)
    watch.run(await call(lab, 'runs.resume', { run }))
    await watch.done
  })
}

/**
 * Follows one run until it ends: JSON lines, or for people a status line, the samples as they come and the
 * curve at the end. Ctrl-C stops training with a checkpoint.
 * @returns `run` names the run to follow (progress before that is kept back); `done` resolves to the model's folder, or undefined when the run was interrupted
 */
function watchRun(lab: Lab, { json, out }: CommonOptions & { readonly out?: string }) {
  const status = new StatusLine()
  const evaluations: { step: number; train: number; validation: number }[] = []
  let summary: RunSummary | undefined
  let early: { run: string; progress: RunProgress }[] = []
  let settle: { resolve: (model: string | undefined) => void; reject: (error: unknown) => void }
  const done = new Promise<string | undefined>((resolve, reject) => (settle = { resolve, reject }))
  // Interrupted twice: the person means it.
  const interrupt = () => {
    process.once('SIGINT', () => process.exit(130))
    if (!json) print(`\nKeeping a checkpoint…`)
    void lab.close().then(() => {
      if (!json && summary) print(`Interrupted. Go on with: gptlab resume ${summary.id}`)
      process.exit(130)
    })
  }
  process.once('SIGINT', interrupt)
  process.once('SIGTERM', interrupt)

  const follow = async (progress: RunProgress): Promise<void> => {
    if (progress.kind === 'done') return finish(progress)
    if (json) printJson(progress)
    if (progress.kind === 'failed') return settle.reject(new LabFailure(progress.code, progress.message, progress.details))
    if (!json) show(progress)
  }

  const show = (progress: RunProgress): void => {
    switch (progress.kind) {
      case 'start':
        print(
          `${style.strong(summary!.name)} ${thousands(progress.parameters)} parameters · ${summary!.engine.simd} · ${summary!.engine.threads} threads`
        )
        break
      case 'step': {
        const share = progress.step / summary!.steps
        status.show(
          `${bar(share, 24)} ${thousands(progress.step)} of ${thousands(summary!.steps)} · loss ${progress.loss.toFixed(3)} · ${thousands(progress.tokensPerSecond)} tokens/s · ${duration(progress.secondsLeft)} left`
        )
        break
      }
      case 'evaluation':
        evaluations.push({ step: progress.step, train: progress.trainLoss, validation: progress.validationLoss ?? NaN })
        status.clear()
        print(
          `${style.quiet('step')} ${thousands(progress.step).padStart(7)}  train ${progress.trainLoss.toFixed(4)}${progress.validationLoss === null ? '' : `  validation ${progress.validationLoss.toFixed(4)}`}`
        )
        break
      case 'sample':
        status.clear()
        print(`${style.quiet(progress.prompt)}${progress.text}`.replace(/^/gm, style.quiet('  │ ')))
        break
    }
  }

  const finish = async (progress: Extract<RunProgress, { kind: 'done' }>): Promise<void> => {
    const { directory } = await call(lab, 'models.describe', { model: progress.model })
    const model = out ? resolve(out) : directory
    if (json) printJson({ ...progress, model })
    else {
      status.clear()
      const x = evaluations.map(point => point.step)
      const chart = curve([
        { x, y: evaluations.map(point => point.train) },
        { x, y: evaluations.map(point => point.validation) }
      ])
      if (chart) print(`\n${style.strong('Loss')} ${style.quiet('training and validation, nats a token')}\n${chart}`)
      const held = progress.validationLoss === null ? '' : `, validation ${progress.validationLoss.toFixed(4)}`
      print(
        `\n${style.good('Done.')} ${thousands(progress.steps)} steps, train ${progress.trainLoss.toFixed(4)}${held}, ${thousands(progress.tokensPerSecond)} tokens/s`
      )
      print(`Model: ${model}`)
    }
    settle.resolve(directory)
  }

  const handle = (progress: RunProgress) => void follow(progress).catch(error => settle.reject(error))
  const unsubscribe = lab.subscribe((event, payload) => {
    if (event !== 'run') return
    const seen = payload as { run: string; progress: RunProgress }
    if (!summary) early.push(seen)
    else if (seen.run === summary.id) handle(seen.progress)
  })
  return {
    run(started: RunSummary): void {
      summary = started
      for (const seen of early) if (seen.run === started.id) handle(seen.progress)
      early = []
    },
    done: done.finally(() => {
      unsubscribe()
      process.off('SIGINT', interrupt)
      process.off('SIGTERM', interrupt)
    })
  }
}
