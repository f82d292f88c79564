/** Seeded choices from lists. */
import type { Random } from './random.ts'

/** An entry, all alike. */
export function pick<T>(list: readonly T[], random: Random): T {
  return list[random.integer(list.length)]!
}

/** A copy in random order (Fisher and Yates). */
export function shuffled<T>(list: readonly T[], random: Random): T[] {
  const copy = [...list]
  for (let i = copy.length - 1; i > 0; i--) {
    const j = random.integer(i + 1)
    ;[copy[i], copy[j]] = [copy[j]!, copy[i]!]
  }
  return copy
}

/** Up to `count` different entries in random order. */
export function sample<T>(list: readonly T[], count: number, random: Random): T[] {
  const copy = [...list]
  const taken = Math.min(count, copy.length)
  for (let i = 0; i < taken; i++) {
    const j = i + random.integer(copy.length - i)
    ;[copy[i], copy[j]] = [copy[j]!, copy[i]!]
  }
  return copy.slice(0, taken)
}

/** An entry by its weight. */
export function pickWeighted<T extends { readonly weight: number }>(list: readonly T[], random: Random): T {
  let left = random.uniform() * list.reduce((sum, { weight }) => sum + weight, 0)
  return list.find(({ weight }) => (left -= weight) < 0) ?? list.at(-1)!
}

/** 0 … count − 1 in random order. */
export function shuffledOrder(count: number, random: Random): number[] {
  return shuffled([...Array(count).keys()], random)
}
