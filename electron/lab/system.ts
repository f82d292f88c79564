/** The machine as the page sees it. */
import { availableParallelism, totalmem } from 'node:os'
import type { ProviderName } from '../contract/models.ts'
import type { EngineDescription, SystemDescription } from '../contract/system.ts'

/** Gathers what is known about the machine and the lab on it. */
export function describeSystem(lab: {
  version: string
  host: SystemDescription['host']
  home: string
  engine: EngineDescription
  providers: readonly ProviderName[]
}): SystemDescription {
  return { ...lab, platform: `${process.platform}-${process.arch}`, cores: availableParallelism(), memoryBytes: totalmem() }
}
