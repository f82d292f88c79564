/** The fields of a recipe as the editor shows them. Names and explanations stand in the texts under `training.fields`. */
import type { PretrainRecipe } from '../../../electron/contract/training.ts'

interface Base {
  /** Dotted path in the recipe, and key of its texts. */
  readonly path: string
  /** Shown only on request: most people never change it. */
  readonly rare?: boolean
  readonly when?: (recipe: PretrainRecipe) => boolean
}
export interface NumberField extends Base {
  readonly kind: 'number'
  readonly minimum: number
  readonly maximum: number
  readonly whole: boolean
  /** What an arrow key does: adds `step`, or multiplies by `factor`. */
  readonly step?: number
  readonly factor?: number
}
export interface ChoiceField extends Base {
  readonly kind: 'choice'
  readonly choices: readonly string[]
}
export interface SwitchField extends Base {
  readonly kind: 'switch'
}
export interface TextField extends Base {
  readonly kind: 'text'
}
export type Field = NumberField | ChoiceField | SwitchField | TextField

const whole = (path: string, minimum: number, maximum: number, step: Partial<NumberField> = { step: 1 }): NumberField => ({
  path,
  kind: 'number',
  minimum,
  maximum,
  whole: true,
  ...step
})
const real = (path: string, minimum: number, maximum: number, step: Partial<NumberField>): NumberField => ({
  path,
  kind: 'number',
  minimum,
  maximum,
  whole: false,
  ...step
})
const doubled = { factor: 2 }

export const fieldGroups = [
  {
    name: 'model',
    fields: [
      whole('model.layers', 1, 48),
      whole('model.heads', 1, 64),
      whole('model.channels', 1, 4096, { step: 16 }),
      whole('model.context', 1, 4096, doubled),
      real('model.dropout', 0, 0.9, { step: 0.05 }),
      { path: 'model.tied', kind: 'switch' },
      { path: 'model.bias', kind: 'switch' },
      { path: 'model.normBias', kind: 'switch', rare: true, when: ({ model }) => !model.bias }
    ]
  },
  {
    name: 'text',
    fields: [
      { path: 'tokenizer.kind', kind: 'choice', choices: ['characters', 'bytes', 'bpe'] },
      { ...whole('tokenizer.vocabulary', 257, 65536, doubled), when: ({ tokenizer }) => tokenizer.kind === 'bpe' },
      real('corpus.validation', 0, 0.5, { step: 0.05 })
    ]
  },
  {
    name: 'optimiser',
    fields: [
      real('optimiser.learningRate', 0, 10, doubled),
      real('optimiser.minimumLearningRate', 0, 10, doubled),
      whole('optimiser.warmup', 0, 10_000_000, { step: 10 }),
      real('optimiser.weightDecay', 0, 10, { step: 0.05 }),
      real('optimiser.clip', 0, 1000, { step: 0.5 }),
      { path: 'optimiser.decay', kind: 'choice', choices: ['matrices', 'all'], rare: true },
      { ...real('optimiser.beta1', 0, 1, { step: 0.01 }), rare: true },
      { ...real('optimiser.beta2', 0, 1, { step: 0.01 }), rare: true },
      { ...real('optimiser.epsilon', 1e-20, 1, { factor: 10 }), rare: true }
    ]
  },
  {
    name: 'run',
    fields: [
      { path: 'name', kind: 'text' },
      whole('steps', 1, 10_000_000, { step: 100 }),
      whole('batch.size', 1, 4096, doubled),
      { path: 'batch.draw', kind: 'choice', choices: ['random', 'all'], rare: true },
      { path: 'batch.loss', kind: 'choice', choices: ['every', 'last'], rare: true },
      whole('seed', 0, 2 ** 32 - 1),
      whole('evaluation.every', 1, 10_000_000, { step: 50 }),
      { ...whole('evaluation.batches', 1, 10_000), rare: true },
      { ...real('checkpointSeconds', 0.05, 86_400, { step: 5 }), rare: true }
    ]
  },
  {
    name: 'samples',
    fields: [
      whole('samples.every', 1, 10_000_000, { step: 50 }),
      whole('samples.tokens', 1, 2000, { step: 20 }),
      real('samples.temperature', 0.01, 10, { step: 0.1 }),
      { path: 'samples.prompt', kind: 'text' }
    ]
  }
] as const satisfies readonly { readonly name: string; readonly fields: readonly Field[] }[]

export const allFields: readonly Field[] = fieldGroups.flatMap(({ fields }) => fields as readonly Field[])
