/** Small models, data by hand and runs of the later stages in a temporary folder. */
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Recipe, RunProgress, RunState } from '../../../electron/contract/training.ts'
import { chatTokens } from '../../../electron/corpora/chat.ts'
import { loadEngine } from '../../../electron/engine/engine.ts'
import type { Plan } from '../../../electron/engine/plan.ts'
import { gptGraph, type GptConfig } from '../../../electron/graph/gpt.ts'
import { initialise } from '../../../electron/graph/initialisation.ts'
import type { Parameters } from '../../../electron/graph/parameters.ts'
import { BpeTokenizer } from '../../../electron/tokenizers/bpe.ts'
import type { Compile } from '../../../electron/training/prepared-run.ts'
import { RunControl } from '../../../electron/training/run-control.ts'
import { runFolder } from '../../../electron/training/run-folder.ts'
import { runLoop, type TrainedResult, type TrainingStage } from '../../../electron/training/run-loop.ts'

export const tokenizer = new BpeTokenizer([], chatTokens)
export const config: GptConfig = {
  layers: 2,
  heads: 2,
  channels: 32,
  context: 48,
  vocabulary: tokenizer.vocabulary,
  bias: false,
  tied: true,
  dropout: 0
}
/** Of a base model that has learnt nothing. */
export const parameters = initialise(gptGraph(config), 7)

/** What the recipes of these tests have in common. */
export const shared = {
  purpose: 'A run for tests.',
  expected: { minutes: 0.1, hardware: 'any' },
  seed: 3,
  from: 'base',
  optimiser: {
    learningRate: 3e-3,
    minimumLearningRate: 3e-4,
    warmup: 5,
    beta1: 0.9,
    beta2: 0.99,
    epsilon: 1e-8,
    weightDecay: 0,
    decay: 'matrices',
    clip: 1
  },
  batch: { size: 8 },
  steps: 60,
  evaluation: { every: 20, batches: 2 },
  samples: { every: 30, tokens: 8, prompt: 'Hi?', temperature: 1 },
  checkpointSeconds: 1000
} as const

export interface EndedRun {
  readonly state: RunState
  /** Only of runs that are done. */
  readonly result?: TrainedResult
  readonly lines: readonly RunProgress[]
  readonly path: string
}

/** Compiles on one thread and keeps the plans, so that they can be closed. */
export function compiler(): { readonly compile: Compile; readonly plans: Plan[] } {
  const plans: Plan[] = []
  return {
    plans,
    compile: (graph, options) => {
      plans.push(loadEngine().compile(graph, { ...options, threads: 1 }))
      return plans.at(-1)!
    }
  }
}

/**
 * Trains a stage in a folder, a new one or one that was there.
 * @param closeAt asks the run to close after this step
 */
export async function train(
  recipe: Recipe,
  open: (compile: Compile) => TrainingStage,
  { path, closeAt }: { readonly path?: string; readonly closeAt?: number } = {}
): Promise<EndedRun> {
  const folder = runFolder(path ?? (await mkdtemp(join(tmpdir(), 'gptlab-stage-'))))
  const control = new RunControl()
  const lines: RunProgress[] = []
  let result: TrainedResult | undefined
  const { compile, plans } = compiler()
  try {
    const state = await runLoop(
      {
        folder,
        recipe,
        control,
        resumed: kept => void lines.push(...kept),
        report: line => {
          lines.push(line)
          if (line.kind === 'step' && line.step === closeAt) control.ask('close')
        },
        deliver: async trained => {
          result = trained
          return 'model'
        }
      },
      open(compile)
    )
    return { state, ...(result && { result }), lines, path: folder.path }
  } finally {
    await Promise.all(plans.map(plan => plan.close()))
  }
}

/** What a run was measured at, newest last. */
export function metricsOf({ lines }: EndedRun): readonly Readonly<Record<string, number>>[] {
  return lines.flatMap(line => (line.kind === 'metrics' ? [line.values] : []))
}

/** Loss on the held-out part, first and last. */
export function heldOutLosses({ lines }: EndedRun): { readonly first: number; readonly last: number } {
  const losses = lines.flatMap(line => (line.kind === 'evaluation' ? [line.validationLoss!] : []))
  return { first: losses[0]!, last: losses.at(-1)! }
}

/** What of a run's log must not depend on interruptions. */
export function figures({ lines }: EndedRun): unknown[] {
  return lines.flatMap((line): unknown[] => {
    if (line.kind === 'step') return [[line.step, line.loss, line.learningRate, line.gradientNorm]]
    return line.kind === 'evaluation' || line.kind === 'sample' || line.kind === 'metrics' ? [line] : []
  })
}

/** Trains a stage through and with an interruption; both must come to the same. */
export async function withAndWithoutInterruption(
  recipe: Recipe,
  open: (compile: Compile) => TrainingStage
): Promise<{ readonly whole: EndedRun; readonly resumed: EndedRun }> {
  const whole = await train(recipe, open)
  const cut = await train(recipe, open, { closeAt: Math.ceil(recipe.steps / 2) })
  if (cut.state !== 'interrupted') throw new Error(`Expected an interrupted run but it is ${cut.state}.`)
  return { whole, resumed: await train(recipe, open, { path: cut.path }) }
}

/** Difference of two sets of parameters where they are largest. */
export function sameBits(a: Parameters, b: Parameters): boolean {
  return [...a].every(([name, values]) => values.every((value, i) => Object.is(value, b.get(name)![i])))
}
