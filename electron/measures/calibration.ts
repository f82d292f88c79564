/** Whether probabilities mean what they say. */

/** A forecast and what came of it. */
export interface Forecast {
  /** Probability that was given to the event. */
  readonly probability: number
  readonly happened: boolean
}

/** Forecasts of about the same probability. */
export interface CalibrationBin {
  readonly count: number
  /** Mean probability that was given. */
  readonly confidence: number
  /** Share that happened. */
  readonly frequency: number
}

/** Forecasts in bins of equal width over 0 to 1; bins without one are left out. */
export function calibrationBins(forecasts: readonly Forecast[], bins = 10): CalibrationBin[] {
  const groups = Array.from({ length: bins }, () => ({ count: 0, probability: 0, happened: 0 }))
  for (const { probability, happened } of forecasts) {
    const group = groups[Math.min(bins - 1, Math.floor(probability * bins))]!
    group.count++
    group.probability += probability
    group.happened += happened ? 1 : 0
  }
  return groups
    .filter(({ count }) => count > 0)
    .map(({ count, probability, happened }) => ({ count, confidence: probability / count, frequency: happened / count }))
}

/**
 * Expected calibration error (Naeini et al. 2015): the mean distance of frequency and confidence, weighted by
 * the forecasts in each bin.
 * @returns 0 (calibrated) to 1
 */
export function expectedCalibrationError(forecasts: readonly Forecast[], bins = 10): number {
  return calibrationBins(forecasts, bins).reduce(
    (sum, bin) => sum + (bin.count / forecasts.length) * Math.abs(bin.confidence - bin.frequency),
    0
  )
}
