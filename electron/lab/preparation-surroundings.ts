import type { RunFolder, RunRecord } from '../training/run-folder.ts'
import type { Corpora } from './corpora.ts'
import type { EngineAccess } from './engine.ts'
import type { Models } from './models.ts'
import type { PreparedTexts } from './prepared-texts.ts'

/** What preparing needs of the lab. */
export interface PreparationSurroundings {
  readonly models: Models
  readonly engine: EngineAccess
  /** Threads of a plan. */
  threads(): number
  readonly corpora: Corpora
  readonly texts: PreparedTexts
}

/** A run that goes on from what its folder holds. */
export interface ResumedFrom {
  readonly folder: RunFolder
  readonly record: RunRecord
}
