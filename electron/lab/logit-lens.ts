/** Logit lens: what the model would say if it stopped after each layer (nostalgebraist 2020). */
import type { Inspection } from '../contract/probe.ts'
import { softmax } from '../sampling/stages.ts'

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
 * @param lens (layers + 1, vocabulary) logits that the final norm and the head make of the residual stream at
 *   one position; empty for a model that cannot be looked into
 */
export function logitLens(lens: Float32Array, vocabulary: number, textOf: (id: number) => string, count = 5): Inspection['lens'] {
  return Array.from({ length: lens.length / vocabulary }, (_, layer) => {
    const probabilities = softmax(lens.subarray(layer * vocabulary, (layer + 1) * vocabulary))
    return {
      layer,
      guesses: mostProbable(probabilities, count).map(id => ({ id, text: textOf(id), probability: probabilities[id]! }))
    }
  })
}
