/** Logit lens: what the model would say if it stopped after each layer (nostalgebraist 2020). */
import type { Inspection } from '../contract/probe.ts'
import type { Graph } from '../graph/graph.ts'
import type { Parameters } from '../graph/parameters.ts'
import { softmax } from '../sampling/stages.ts'

/**
 * Logits (vocabulary) that the final norm and the head make of one row of the residual stream.
 * @param residual (channels)
 */
export function headLogits(residual: ArrayLike<number>, graph: Graph, parameters: Parameters): Float64Array {
  const { norm, weight } = graph.head
  const channels = residual.length
  let mean = 0
  for (let c = 0; c < channels; c++) mean += residual[c]! / channels
  let variance = 0
  for (let c = 0; c < channels; c++) variance += (residual[c]! - mean) ** 2 / channels
  const scale = 1 / Math.sqrt(variance + norm.epsilon)
  const gain = parameters.get(norm.weight)!
  const shift = norm.bias === undefined ? undefined : parameters.get(norm.bias)!
  const normed = Float64Array.from({ length: channels }, (_, c) => (residual[c]! - mean) * scale * gain[c]! + (shift?.[c] ?? 0))
  const table = parameters.get(weight)!
  const logits = new Float64Array(table.length / channels)
  for (let token = 0; token < logits.length; token++) {
    let sum = 0
    for (let c = 0; c < channels; c++) sum += table[token * channels + c]! * normed[c]!
    logits[token] = sum
  }
  return logits
}

/** Ids of the `count` most probable tokens, most probable first; of equals the first. */
export function mostProbable(probabilities: Float64Array, count: number): number[] {
  const best: number[] = []
  for (let id = 0; id < probabilities.length; id++) {
    if (best.length === count && probabilities[id]! <= probabilities[best.at(-1)!]!) continue
    let place = best.length
    while (place > 0 && probabilities[id]! > probabilities[best[place - 1]!]!) place--
    best.splice(place, 0, id)
    if (best.length > count) best.pop()
  }
  return best
}

/**
 * Best guesses after the embedding (layer 0) and after every layer.
 * @param residuals rows of the residual stream at one position, (channels) each, in order
 */
export function logitLens(
  residuals: readonly ArrayLike<number>[],
  graph: Graph,
  parameters: Parameters,
  textOf: (id: number) => string,
  count = 5
): Inspection['lens'] {
  return residuals.map((residual, layer) => {
    const probabilities = softmax(headLogits(residual, graph, parameters))
    return {
      layer,
      guesses: mostProbable(probabilities, count).map(id => ({ id, text: textOf(id), probability: probabilities[id]! }))
    }
  })
}
