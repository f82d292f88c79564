/** One comparison with a reference file. */
import type { Simd } from '../../engine/plan.ts'

/** How the engine runs for it. */
export interface ParityOptions {
  readonly threads: number
  readonly simd?: Simd
}

/** A quantity that was computed here and stands in the file. */
export interface Quantity {
  readonly name: string
  /** What computed it here. */
  readonly engine: 'native' | 'onnx' | 'sampling' | 'double'
  /** Largest deviation; infinite where something is missing or no number. */
  readonly maxError: number
  readonly tolerance: number
  readonly ok: boolean
}

export function quantity(name: string, engine: Quantity['engine'], maxError: number, tolerance: number): Quantity {
  // A NaN is no deviation within any tolerance.
  const error = Number.isNaN(maxError) ? Infinity : maxError
  return { name, engine, maxError: error, tolerance, ok: error <= tolerance }
}

/** Largest absolute difference of two arrays; infinite where their lengths differ or a value is no number. */
export function largestDifference(received: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (received.length !== expected.length) return Infinity
  let largest = 0
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(received[i]! - expected[i]!)
    if (!(difference <= largest)) largest = Number.isNaN(difference) ? Infinity : difference
  }
  return largest
}

/** `largestDifference` in parts of the largest expected magnitude. */
export function relativeDifference(received: ArrayLike<number>, expected: ArrayLike<number>): number {
  let magnitude = 0
  for (let i = 0; i < expected.length; i++) magnitude = Math.max(magnitude, Math.abs(expected[i]!))
  return largestDifference(received, expected) / (magnitude || 1)
}
