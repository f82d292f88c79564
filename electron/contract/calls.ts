/**
 * The one typed map of calls and the one of events.
 *
 * Each call has a guard for its input (checked at the boundary of every transport), the type of its
 * output and, where it reports on the way, the type of its progress. Only JSON values and typed
 * arrays cross. A call is added here, answered in `lab/`, and then reachable from all three faces.
 */
import * as v from 'valibot'
import {
  CompareSchema,
  EvaluateSchema,
  PreviewSchema,
  type ComparisonReport,
  type DataItem,
  type DataSets,
  type EvaluationReport
} from './atlas.ts'
import type { ModelDescription, ModelSummary, SessionDescription } from './models.ts'
import { SamplingSettingsSchema, type Inspection, type StagesView, type TokenView } from './probe.ts'
import { SettingsSchema, type Settings, type SystemDescription } from './system.ts'
import {
  RecipeSchema,
  type CorpusSummary,
  type Recipe,
  type RecipeEstimate,
  type RunHistory,
  type RunProgress,
  type RunSummary
} from './training.ts'

const id = v.pipe(v.string(), v.minLength(1), v.maxLength(200))
const text = v.pipe(v.string(), v.maxLength(1_000_000))
const name = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(80))
const tokens = v.pipe(v.array(v.pipe(v.number(), v.integer(), v.minValue(0))), v.maxLength(100_000))
const bytes = v.instance(Uint8Array)
const provider = v.picklist(['auto', 'cpu', 'cuda', 'dml', 'coreml', 'webgpu', 'native'])
const nothing = v.undefined()

/** Text or tokens; tokens win, so that a token taken by a click is never cut differently. */
const prompt = { model: id, text: v.optional(text), tokens: v.optional(tokens) }

/** Guards of the inputs, by call. */
export const callInputs = {
  'system.describe': nothing,
  'settings.get': nothing,
  'settings.set': v.partial(SettingsSchema),
  'host.reveal': v.strictObject({ id }),

  'models.list': nothing,
  'models.describe': v.strictObject({ model: id }),
  'models.open': v.strictObject({ model: id, provider: v.optional(provider) }),
  'models.rename': v.strictObject({ model: id, name }),
  'models.delete': v.strictObject({ model: id }),
  'models.restore': v.strictObject({ trash: id }),
  'models.export': v.strictObject({ model: id }),
  'models.import': v.strictObject({
    name,
    files: v.pipe(
      v.array(v.strictObject({ path: v.pipe(v.string(), v.minLength(1), v.maxLength(300)), bytes })),
      v.minLength(1),
      v.maxLength(200)
    )
  }),
  'models.choose': nothing,

  'corpora.list': nothing,
  'corpora.add': v.strictObject({ name, bytes }),
  'corpora.delete': v.strictObject({ corpus: id }),
  'corpora.restore': v.strictObject({ trash: id }),

  'data.list': nothing,
  'data.preview': PreviewSchema,
  'data.export': v.strictObject({ set: id }),
  evaluate: EvaluateSchema,
  compare: CompareSchema,

  'recipes.list': nothing,
  'recipes.estimate': v.strictObject({ recipe: RecipeSchema }),

  'runs.list': nothing,
  'runs.recorded': nothing,
  'runs.start': v.strictObject({ recipe: RecipeSchema }),
  'runs.pause': v.strictObject({ run: id }),
  'runs.resume': v.strictObject({ run: id }),
  'runs.stop': v.strictObject({ run: id }),
  'runs.delete': v.strictObject({ run: id }),
  'runs.restore': v.strictObject({ trash: id }),
  'runs.history': v.strictObject({ run: id }),

  'tokens.encode': v.strictObject({ model: id, text }),
  'probe.inspect': v.strictObject({ ...prompt, provider: v.optional(provider) }),
  'probe.stages': v.strictObject({
    inspection: id,
    settings: SamplingSettingsSchema,
    rows: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(200))
  }),
  'probe.draw': v.strictObject({
    inspection: id,
    settings: SamplingSettingsSchema,
    seed: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 32 - 1))
  }),
  score: v.strictObject({
    model: id,
    prompt: text,
    completions: v.pipe(v.array(text), v.minLength(1), v.maxLength(64))
  }),
  generate: v.strictObject({
    ...prompt,
    settings: SamplingSettingsSchema,
    seed: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 32 - 1)),
    maxTokens: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(4096)),
    stop: v.optional(v.pipe(v.array(v.pipe(v.string(), v.minLength(1))), v.maxLength(8))),
    /** Go on when the context is full, forgetting what is longest ago; else the text ends there. */
    slide: v.optional(v.boolean()),
    provider: v.optional(provider)
  })
} as const

export type Method = keyof typeof callInputs
export type CallInput<M extends Method> = v.InferOutput<(typeof callInputs)[M]>

/** Outputs, by call. */
export interface CallOutputs {
  'system.describe': SystemDescription
  'settings.get': Settings
  'settings.set': Settings
  /** Shows a model's or run's folder in the file manager; `shown: false` where the host has none (path to copy instead). */
  'host.reveal': { readonly shown: boolean; readonly path: string }

  'models.list': readonly ModelSummary[]
  'models.describe': ModelDescription
  'models.open': SessionDescription
  'models.rename': ModelSummary
  /** Moved to the lab's trash; `models.restore` brings it back. */
  'models.delete': { readonly trash: string }
  'models.restore': ModelSummary
  /** Where it was written; null when the person closed the dialog. */
  'models.export': { readonly directory: string | null }
  'models.import': ModelSummary
  /** Asks for a folder with the host's dialog and imports it; null when closed or when the host has no dialogs. */
  'models.choose': ModelSummary | null

  'corpora.list': readonly CorpusSummary[]
  'corpora.add': CorpusSummary
  /** Moved to the lab's trash; `corpora.restore` brings it back. */
  'corpora.delete': { readonly trash: string }
  'corpora.restore': CorpusSummary

  'data.list': DataSets
  'data.preview': { readonly total: number; readonly items: readonly DataItem[] }
  /** A whole data set, one JSON object a line, and the card that goes along: what it is, and its licence. */
  'data.export': { readonly lines: Uint8Array; readonly card: string }
  evaluate: EvaluationReport
  compare: ComparisonReport

  'recipes.list': readonly Recipe[]
  'recipes.estimate': RecipeEstimate

  'runs.list': readonly RunSummary[]
  /** Runs that come with the lab, to be looked at; `runs.history` tells theirs too. */
  'runs.recorded': readonly RunSummary[]
  'runs.start': RunSummary
  'runs.pause': RunSummary
  'runs.resume': RunSummary
  'runs.stop': RunSummary
  'runs.delete': { readonly trash: string }
  'runs.restore': RunSummary
  'runs.history': RunHistory

  'tokens.encode': readonly TokenView[]
  'probe.inspect': Inspection
  'probe.stages': StagesView
  'probe.draw': { readonly id: number; readonly text: string; readonly probability: number }
  /** A reward model's scores, one a completion; only their differences mean anything. */
  score: { readonly scores: readonly number[] }
  generate: {
    readonly tokens: readonly TokenView[]
    readonly text: string
    readonly ended: 'length' | 'stop' | 'end-token' | 'context'
    readonly tokensPerSecond: number
    readonly provider: string
  }
}

export interface MeasuringProgress {
  readonly part: string
  readonly done: number
}

/** Progress, for the calls that report on the way. */
export interface CallProgress {
  /** What is being measured, and how far that is, 0 to 1. */
  evaluate: MeasuringProgress
  compare: MeasuringProgress
  /** A token, and the text that is certain with it: whole characters that belong to no stop string. */
  generate: { readonly token: TokenView; readonly text: string }
}
export type ProgressOf<M extends Method> = M extends keyof CallProgress ? CallProgress[M] : never

/** Events the lab pushes to every open window. */
export interface Events {
  run: { readonly run: string; readonly progress: RunProgress }
  runs: { readonly runs: readonly RunSummary[] }
  models: { readonly models: readonly ModelSummary[] }
  corpora: { readonly corpora: readonly CorpusSummary[] }
  session: { readonly model: string; readonly session: SessionDescription }
  settings: Settings
  /** The native menu asks the page to go to a room. */
  go: { readonly room: string }
}
export type EventName = keyof Events
export const eventNames = [
  'run',
  'runs',
  'models',
  'corpora',
  'session',
  'settings',
  'go'
] as const satisfies readonly EventName[]
