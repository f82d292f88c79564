/** Values of a graph's parameters, by name. */
import { LabFailure } from '../contract/failure.ts'
import { elements, type Graph } from './graph.ts'

/** Row-major float32 values of every parameter, in the graph's order. */
export type Parameters = ReadonlyMap<string, Float32Array>

/**
 * Asserts that the values are those of the graph: every parameter there, none more, each of its size, all finite.
 * @throws LabFailure `parameter-missing`, `parameter-shape`, `parameter-unknown`, `parameter-not-finite`.
 */
export function checkParameters(graph: Graph, values: Parameters): void {
  const known = new Set<string>()
  for (const { name, shape } of graph.parameters) {
    known.add(name)
    const value = values.get(name)
    if (!value)
      throw new LabFailure(
        'parameter-missing',
        `Expected a tensor ${name} of shape (${shape.join(', ')}) but the weights have none.`,
        { name }
      )
    if (value.length !== elements(shape))
      throw new LabFailure('parameter-shape', `Expected ${elements(shape)} values for ${name} but received ${value.length}.`, {
        name,
        expected: elements(shape),
        received: value.length
      })
    if (!value.every(Number.isFinite))
      throw new LabFailure('parameter-not-finite', `Expected finite values in ${name} but found NaN or infinity.`, { name })
  }
  for (const name of values.keys())
    if (!known.has(name))
      throw new LabFailure('parameter-unknown', `The weights hold ${name}, which this model does not have.`, { name })
}
