/** Intervals of measured figures. */

export interface Interval {
  readonly low: number
  readonly high: number
}

/** A figure with its interval. */
export interface Estimate extends Interval {
  readonly value: number
}

/** Quantile of sorted numbers, with linear interpolation between neighbours (type 7 of Hyndman and Fan 1996). */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const place = share * (sorted.length - 1)
  const below = Math.floor(place)
  const above = Math.min(below + 1, sorted.length - 1)
  return sorted[below]! + (place - below) * (sorted[above]! - sorted[below]!)
}

/**
 * Percentile bootstrap (Efron 1979): the statistic of many samples of the same size, drawn from the sample
 * with replacement. The value is that of the sample itself.
 * @param sample independent observations; resample what is independent (prompts, voters), not its parts
 * @param uniform draws from [0, 1)
 * @param level share of resamples inside the interval
 */
export function bootstrap<T>(
  sample: readonly T[],
  statistic: (sample: readonly T[]) => number,
  uniform: () => number,
  { resamples = 1000, level = 0.95 }: { readonly resamples?: number; readonly level?: number } = {}
): Estimate {
  const value = statistic(sample)
  const values = Float64Array.from({ length: resamples }, () => statistic(resampled(sample, uniform))).filter(Number.isFinite)
  if (values.length === 0) return { value, low: NaN, high: NaN }
  values.sort()
  return { value, low: quantile(values, (1 - level) / 2), high: quantile(values, (1 + level) / 2) }
}

/** A sample of the same size, drawn with replacement. */
export function resampled<T>(sample: readonly T[], uniform: () => number): T[] {
  return Array.from(sample, () => sample[Math.floor(uniform() * sample.length)]!)
}

/** 97.5 % point of the normal distribution. */
const z95 = 1.959963984540054

/**
 * Share of successes with Wilson's 95 % score interval (Wilson 1927): stays inside 0 to 1 and holds for few trials.
 */
export function proportion(successes: number, trials: number): Estimate {
  if (trials === 0) return { value: NaN, low: 0, high: 1 }
  const share = successes / trials
  const spread = z95 ** 2 / trials
  const centre = (share + spread / 2) / (1 + spread)
  const half = (z95 * Math.sqrt((share * (1 - share) + spread / 4) / trials)) / (1 + spread)
  // With nothing or everything a success, rounding would leave the share a hair outside.
  return { value: share, low: Math.min(share, Math.max(0, centre - half)), high: Math.max(share, Math.min(1, centre + half)) }
}

export interface Decided {
  readonly wins: number
  readonly losses: number
  readonly ties: number
}

/** Share of the decided comparisons that were won, with its interval; ties count for neither side. */
export function winRate({ wins, losses }: Decided): Estimate {
  return proportion(wins, wins + losses)
}
