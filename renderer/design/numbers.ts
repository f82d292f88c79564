/** Numbers, sizes and times as the page writes them, in the user's language. */
import { computed } from 'vue'
import { useI18n } from 'vue-i18n'

export { percent } from '../charts/numbers.ts'

/** No-break space between figure and unit. */
const gap = '\u00a0'

/** Thousands separated: `12,656`. */
export const whole = (value: number, language: string): string => Math.round(value).toLocaleString(language)

/** Three significant digits with K, M or G: `826 K`, `10.7 M`. */
export function compact(value: number): string {
  for (const [size, unit] of [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'K']
  ] as const)
    if (Math.abs(value) >= size * 0.9995) return `${digits(value / size)}${gap}${unit}`
  return digits(value)
}

/** Decimal multiples of a byte: `94 kB`, `1.25 MB`. */
export function bytes(value: number): string {
  for (const [size, unit] of [
    [1e9, 'GB'],
    [1e6, 'MB'],
    [1e3, 'kB']
  ] as const)
    if (value >= size * 0.9995) return `${digits(value / size)}${gap}${unit}`
  return `${Math.round(value)}${gap}B`
}

/** A loss in nats: four decimals below ten, so that curves that end close are told apart. */
export const loss = (value: number): string => (Number.isFinite(value) ? value.toFixed(value < 10 ? 4 : 2) : '–')

/** A clock: `0:41`, `12:05`, `1:02:03`. */
export function clock(seconds: number): string {
  const total = Math.max(0, Math.round(seconds))
  const pad = (value: number) => String(value).padStart(2, '0')
  const [h, m, s] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60]
  return h > 0 ? `${h}:${pad(m)}:${pad(s)}` : `${m}:${pad(s)}`
}

/** Which words a duration is said with, and their figures. */
export function durationParts(seconds: number): {
  readonly unit: 'soon' | 'seconds' | 'minutes' | 'hours' | 'days'
  readonly values: Record<string, number>
} {
  const total = Math.max(0, seconds)
  if (total < 1) return { unit: 'soon', values: {} }
  if (total < 90) return { unit: 'seconds', values: { s: Math.round(total) } }
  const minutes = Math.round(total / 60)
  if (minutes < 90) return { unit: 'minutes', values: { m: minutes } }
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return { unit: 'hours', values: { h: hours, m: minutes % 60 } }
  return { unit: 'days', values: { d: Math.floor(hours / 24), h: hours % 24 } }
}

function digits(value: number): string {
  const size = Math.abs(value)
  if (size >= 99.95 || Number.isInteger(value)) return value.toFixed(0)
  return value.toFixed(size >= 9.995 ? 1 : 2).replace(/\.?0+$/, '')
}

/** The same, bound to the language in use. */
export function useNumbers() {
  const { t, locale } = useI18n()
  const dates = computed(() => new Intl.DateTimeFormat(locale.value, { dateStyle: 'medium', timeStyle: 'short' }))
  return {
    whole: (value: number) => whole(value, locale.value),
    compact,
    bytes,
    loss,
    clock,
    duration: (seconds: number) => {
      const { unit, values } = durationParts(seconds)
      return t(`design.duration.${unit}`, values)
    },
    date: (iso: string) => {
      const date = new Date(iso)
      return Number.isNaN(date.getTime()) ? '–' : dates.value.format(date)
    }
  }
}
