import { elements, type Graph } from '../graph/graph.ts'
import type { PlanOptions } from './plan.ts'

/** Multiplications with weights that a thread should have in a step: fewer are done before another thread has woken. */
const worthAThread = 8e6

/**
 * Threads that pay for training a graph, at most `most`: two take three times as long as one for a baby GPT.
 * What is computed does not depend on it.
 */
export function usefulThreads(graph: Graph, { batch, length }: Pick<PlanOptions, 'batch' | 'length'>, most: number): number {
  const weights = graph.parameters.reduce((sum, { shape }) => sum + elements(shape), 0)
  return Math.max(1, Math.min(most, Math.floor((batch * length * weights) / worthAThread)))
}
