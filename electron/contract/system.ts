/** The machine, the engine and the user's settings as every side sees them. */
import * as v from 'valibot'
import type { ProviderName } from './models.ts'

/** What the lab runs on. */
export interface SystemDescription {
  readonly version: string
  readonly host: 'electron' | 'browser' | 'cli'
  readonly platform: string
  readonly cores: number
  readonly memoryBytes: number
  readonly home: string
  readonly engine: EngineDescription
  /** Providers that this platform's package of ONNX Runtime carries, in the order they are tried. */
  readonly providers: readonly ProviderName[]
}

/** The native trainer, or why it is missing. */
export interface EngineDescription {
  readonly available: boolean
  /** Kernel set in use. */
  readonly simd?: string
  /** Kernel sets this machine can run. */
  readonly simds?: readonly string[]
  readonly threads: number
  /** Why the addon could not be loaded, and what to install. */
  readonly problem?: string
}

export const SettingsSchema = v.strictObject({
  language: v.picklist(['zh-CN', 'en']),
  theme: v.picklist(['system', 'light', 'dark']),
  /** Presentation size: larger type, fewer figures. */
  present: v.boolean(),
  /** 0 = as many as there are physical cores. */
  threads: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(256)),
  provider: v.picklist(['auto', 'cpu', 'cuda', 'dml', 'coreml', 'webgpu', 'native'])
})
export type Settings = v.InferOutput<typeof SettingsSchema>
