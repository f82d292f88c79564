/** A run of any stage, ready to go on. */
import type { ModelKind } from '../contract/models.ts'
import type { Plan, PlanOptions } from '../engine/plan.ts'
import type { GptConfig } from '../graph/gpt.ts'
import type { Graph } from '../graph/graph.ts'
import type { RunFolder, RunRecord } from './run-folder.ts'
import type { TrainingStage } from './run-loop.ts'

/** Compiles a graph on the run's kernel set and threads; the plan is closed when the run ends. */
export type Compile = (graph: Graph, options: Omit<PlanOptions, 'threads' | 'simd'>) => Plan

/** What the lab needs to know of a run before it goes on, whatever its stage. */
export interface PreparedRun extends Pick<RunRecord, 'corpus' | 'tokens' | 'parameters' | 'vocabulary' | 'from' | 'reward'> {
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
  /** comparisons.jsonl, as text, of a stage that learns from comparisons. */
  readonly comparisons?: string
  open(compile: Compile, folder: RunFolder): TrainingStage
}
