/** Logit lens: what the model would say if it stopped after each layer. The last layer stands on top. */
import type { ChartTheme } from './chart-theme.ts'
import { toCsv } from './csv.ts'
import type { ChartOption } from './echarts.ts'
import { percent } from './numbers.ts'
import { rowLabel } from './row-labels.ts'
import { inRichText, monoWidth } from './token-text.ts'

export interface LensLayer {
  readonly layer: number
  /** Best first. */
  readonly guesses: readonly { readonly id: number; readonly text: string; readonly probability: number }[]
}

export interface LensBars {
  readonly layers: readonly LensLayer[]
  readonly width: number
  /** Pixels of one row. */
  readonly rowHeight: number
  readonly words: { readonly layer: (layer: number) => string }
}

/** Rows from top to bottom: the last layer first. */
export const lensRows = (layers: readonly LensLayer[]): readonly LensLayer[] => [...layers].sort((a, b) => b.layer - a.layer)

export function lensBars({ layers, width, rowHeight, words }: LensBars, theme: ChartTheme): ChartOption {
  const rows = lensRows(layers)
  const best = rows.map(row => row.guesses[0] ?? { id: -1, text: '', probability: 0 })
  const names = rows.map(row => words.layer(row.layer))
  const left = Math.min(width * 0.4, Math.max(0, ...names.map(monoWidth)) * theme.size * 0.54 + theme.size)
  const texts = best.map(guess => ({ token: rowLabel(guess.text), p: percent(guess.probability) }))
  const room = Math.max(...texts.map(({ token, p }) => (monoWidth(token) * 0.62 + p.length * 0.56 + 1.6) * theme.size), 1)
  const most = Math.max(...best.map(guess => guess.probability), 0.01)
  const plot = Math.max(1, width - left)
  return {
    grid: { left, right: 0, top: 0, height: rowHeight * rows.length },
    xAxis: { type: 'value', show: false, min: 0, max: (most * plot) / Math.max(plot * 0.2, plot - room) },
    yAxis: {
      type: 'category',
      inverse: true,
      data: names,
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: { interval: 0, margin: theme.size * 0.6, color: theme.ink3, fontSize: theme.size * 0.9 }
    },
    series: [
      {
        type: 'bar',
        name: 'best guess',
        barCategoryGap: '16%',
        data: best.map((guess, i) => ({
          value: guess.probability,
          itemStyle: { color: theme.base, opacity: 0.35 + 0.65 * Math.min(1, guess.probability * 1.4), borderRadius: 3 },
          label: {
            show: true,
            position: 'right' as const,
            distance: 6,
            // The bar's own opacity is not for its text.
            opacity: 1,
            formatter: `{token|${inRichText(texts[i]!.token)}}  {p|${texts[i]!.p}}`,
            rich: {
              token: { fontFamily: theme.mono, fontSize: theme.size, color: theme.ink, opacity: 1 },
              p: { opacity: 1, fontFamily: theme.sans, fontSize: theme.size * 0.9, color: theme.ink2 }
            }
          }
        }))
      }
    ]
  } satisfies ChartOption
}

export function lensCsv(layers: readonly LensLayer[]): string {
  return toCsv(
    ['layer', 'rank', 'id', 'token', 'probability'],
    layers.flatMap(({ layer, guesses }) => guesses.map((guess, i) => [layer, i + 1, guess.id, guess.text, guess.probability]))
  )
}
