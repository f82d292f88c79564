/** The list of models: by origin, what was made here first. */
import type { ModelOrigin, ModelSummary } from '../../../electron/contract/models.ts'

const order: readonly ModelOrigin[] = ['trained', 'imported', 'shipped']

export interface ModelGroup {
  readonly origin: ModelOrigin
  /** Newest first. */
  readonly models: readonly ModelSummary[]
}

/** Groups that have a model; within one the newest stands first. */
export function modelGroups(models: readonly ModelSummary[]): readonly ModelGroup[] {
  return order
    .map(origin => ({
      origin,
      models: models.filter(model => model.origin === origin).sort((a, b) => b.created.localeCompare(a.created))
    }))
    .filter(group => group.models.length > 0)
}
