/** Where a decoder's parameters are, from its sizes alone. */
import type { ModelSizes } from '../../../electron/contract/models.ts'

export const parameterParts = ['attention', 'feedForward', 'embedding', 'positions', 'other'] as const
export type ParameterPart = (typeof parameterParts)[number]

export interface ParameterShare {
  readonly part: ParameterPart
  readonly parameters: number
  /** Of all parameters, 0 … 1. */
  readonly share: number
}

/**
 * A GPT's large matrices: 4·C² for attention and 8·C² for the feed-forward part of each layer, V·C for the token
 * embedding (shared with the head where it is tied), T·C for positions. What is left is `other`: biases, layer norms,
 * a head of its own. A model of another family, whose total these exceed, gives an empty list.
 */
export function parameterShares(sizes: ModelSizes): readonly ParameterShare[] {
  const { layers, channels, context, vocabulary, parameters } = sizes
  const known = {
    attention: 4 * channels ** 2 * layers,
    feedForward: 8 * channels ** 2 * layers,
    embedding: vocabulary * channels,
    positions: context * channels
  }
  const other = parameters - Object.values(known).reduce((sum, part) => sum + part, 0)
  if (parameters <= 0 || other < 0) return []
  const all = { ...known, other }
  return parameterParts.map(part => ({ part, parameters: all[part], share: all[part] / parameters }))
}
