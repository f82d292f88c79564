/** How the settings of the sampling stages lie on their sliders. */
import { neutralSampling, type SamplingSettings } from '../../../electron/contract/probe.ts'

export type NumberSetting = Exclude<keyof SamplingSettings, 'greedy'>

export interface SettingScale {
  readonly key: NumberSetting
  /** Range of the number field, as the contract accepts it. */
  readonly min: number
  readonly max: number
  /** Step of the arrow keys in the number field. */
  readonly step: number
  readonly digits: number
  readonly off: number
  /** Position on the slider, 0 to 1000, and back. Values beyond the slider's range stay at its end. */
  readonly toSlider: (value: number) => number
  readonly fromSlider: (position: number) => number
}

const ticks = 1000
const clamp = (value: number, min: number, max: number) => Math.min(max, Math.max(min, value))

function linear(from: number, to: number, step: number) {
  return {
    toSlider: (value: number) => Math.round(clamp((value - from) / (to - from), 0, 1) * ticks),
    fromSlider: (position: number) => from + Math.round(((position / ticks) * (to - from)) / step) * step
  }
}

/** Logarithmic over 1 … vocabulary; the right end is off, where nothing is cut. */
function logarithmic(vocabulary: number) {
  const most = Math.max(2, vocabulary)
  return {
    toSlider: (k: number) => (k <= 0 || k >= most ? ticks : Math.round((Math.log(k) / Math.log(most)) * ticks)),
    fromSlider: (position: number) =>
      position >= ticks ? 0 : Math.min(most - 1, Math.max(1, Math.round(most ** (position / ticks))))
  }
}

/** The sliders in the order of the stages. */
export function settingScales(vocabulary: number): readonly SettingScale[] {
  return [
    {
      key: 'repetitionPenalty',
      min: 0.1,
      max: 10,
      step: 0.05,
      digits: 2,
      off: neutralSampling.repetitionPenalty,
      ...linear(1, 2, 0.05)
    },
    { key: 'noRepeatNgram', min: 0, max: 16, step: 1, digits: 0, off: neutralSampling.noRepeatNgram, ...linear(0, 8, 1) },
    {
      key: 'temperature',
      min: 0.01,
      max: 100,
      step: 0.05,
      digits: 2,
      off: neutralSampling.temperature,
      ...linear(0.05, 2, 0.05)
    },
    {
      key: 'topK',
      min: 0,
      max: Math.max(1, vocabulary),
      step: 1,
      digits: 0,
      off: neutralSampling.topK,
      ...logarithmic(vocabulary)
    },
    { key: 'topP', min: 0.001, max: 1, step: 0.01, digits: 2, off: neutralSampling.topP, ...linear(0.01, 1, 0.01) }
  ]
}

/** The value as it is shown and sent: no more digits than the field has steps, unless typed. */
export const tidy = (value: number): number => Number(value.toFixed(4))

/** A typed number brought into the range; null when it is none. */
export function readSetting(text: string, scale: Pick<SettingScale, 'min' | 'max' | 'digits'>): number | null {
  const value = Number(text.trim().replace(',', '.').replace('．', '.'))
  if (text.trim() === '' || !Number.isFinite(value)) return null
  const near = clamp(value, scale.min, scale.max)
  return scale.digits === 0 ? Math.round(near) : tidy(near)
}

export function writeSetting(value: number, digits: number): string {
  const short = value.toFixed(digits)
  return Number(short) === value ? short : String(value)
}

/** Seed of one draw: the same text and the same seed give the same draw; another count gives the next. */
export function drawSeed(seed: number, length: number, count: number): number {
  return (seed + Math.imul(length, 0x9e3779b1) + count) >>> 0
}
