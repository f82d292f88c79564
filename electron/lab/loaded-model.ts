import type { ModelSummary } from '../contract/models.ts'
import type { Parameters } from '../graph/parameters.ts'
import type { Tokenizer } from '../tokenizers/tokenizer.ts'
import type { ModelConfig } from './model-config.ts'

/** A model that is ready to be run. */
export interface LoadedModel {
  readonly summary: ModelSummary
  readonly directory: string
  readonly config: ModelConfig
  readonly tokenizer: Tokenizer
  /** Tokens that end a text. */
  readonly endTokens: readonly number[]
  /** Weights of a model of the lab; one in the ONNX layout keeps them in its file. */
  readonly parameters?: Parameters
  /** Changes when the weights do. */
  readonly key: string
}
