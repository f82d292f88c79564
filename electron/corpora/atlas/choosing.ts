/** Seeded choices. */
import type { Random } from '../../sampling/random.ts'

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

/** First letter in upper case: the beginning of a sentence. */
export function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** `a`, `a and b`, `a, b and c`. */
export function joined(list: readonly string[]): string {
  return list.length < 2 ? list.join('') : `${list.slice(0, -1).join(', ')} and ${list.at(-1)!}`
}

/** A thing with its indefinite article. */
export function a(thing: string): string {
  return /^([aeio]|u(?!n))/.test(thing) ? `an ${thing}` : `a ${thing}`
}

/** Entries by a key, in their order. */
export function grouped<T>(list: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of list) {
    const group = groups.get(key(item))
    if (group) group.push(item)
    else groups.set(key(item), [item])
  }
  return groups
}
