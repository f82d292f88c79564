/** A run of any stage, ready to go on. */
import type { ModelKind } from '../contract/models.ts'
import type { Plan, PlanOptions } from '../engine/plan.ts'
import type { GptConfig } from '../graph/gpt.ts'
import type { Graph } from '../graph/graph.ts'
import type { RunCorpus, RunFolder, RunRecord } from './run-folder.ts'
import type { TrainingStage } from './run-loop.ts'

/** Compiles a graph on the run's kernel set and threads; the plan is closed when the run ends. */
export type Compile = (graph: Graph, options: Omit<PlanOptions, 'threads' | 'simd'>) => Plan

/** What a run learns from, and the stage that learns from it. */
export interface RunData {
  readonly corpus: RunCorpus
  readonly tokens: { readonly train: number; readonly validation: number }
  /** comparisons.jsonl, as text, of a stage that learns from comparisons. */
  readonly comparisons?: string
  open(compile: Compile, folder: RunFolder): TrainingStage
}

/**
 * Reported to while data are gathered, between two pieces of the work; waits while the run is paused.
 * @returns whether to go on
 */
export type Waypoint = (done: number, total: number) => Promise<boolean>

/** What the lab needs to know of a run before it goes on, whatever its stage. */
export interface PreparedRun extends Pick<RunRecord, 'parameters' | 'vocabulary' | 'from' | 'reward'> {
  /** tokenizer.json, as text. */
  readonly tokenizer: string
  /** The model that comes out. */
  readonly model: {
    readonly kind: ModelKind
    readonly config: GptConfig
    readonly graph: Graph
    /** Names of the classes of a classifier. */
    readonly classes?: readonly string[]
  }
  /** Where gathering them takes a while, how: undefined comes of it when it was not to go on. */
  readonly data: RunData | ((at: Waypoint) => Promise<RunData | undefined>)
}
