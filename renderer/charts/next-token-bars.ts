/** The next-token distribution: solid after all stages, outlined raw, cut tokens grey, the rest summed. */
import type { ChartTheme } from './chart-theme.ts'
import { toCsv } from './csv.ts'
import type { ChartOption } from './echarts.ts'
import { percent } from './numbers.ts'
import { labelColumn, rowAxis, rowLabel, type RowLabel } from './row-labels.ts'
import { monoWidth } from './token-text.ts'

export interface NextTokenRow {
  readonly id: number
  readonly text: string
  /** Probability before any stage. */
  readonly raw: number
  /** Probability after all stages; 0 = cut. */
  readonly final: number
  /** Times it came up when the distribution was sampled. */
  readonly drawn?: number
}

export interface NextTokenBars {
  readonly rows: readonly NextTokenRow[]
  readonly rest: { readonly count: number; readonly raw: number; readonly final: number }
  /** Pixels of the plot. */
  readonly width: number
  /** Pixels of one row; buttons over the plot have the same. */
  readonly rowHeight: number
  readonly words: {
    /** “x before, now cut”. */
    readonly cut: (percentage: string) => string
    readonly more: (count: number) => string
    readonly drawn: (times: number) => string
  }
}

/** Ends of the probability axis; a step, not the exact largest value, so that bars do not jump while a slider moves. */
const ends = [
  0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.2, 1.4, 1.7, 2, 2.5, 3, 4, 6
]

/** The smallest end with which every bar and the text behind it fit. */
export function axisEnd(
  bars: readonly { readonly value: number; readonly label: string }[],
  plot: number,
  characterWidth: number
): number {
  const needed = Math.max(
    0.005,
    ...bars.map(({ value, label }) => (value * plot) / Math.max(plot * 0.15, plot - (monoWidth(label) + 2) * characterWidth))
  )
  return ends.find(end => end >= needed) ?? needed
}

/** What stands behind a bar. */
export function barText(
  row: { readonly raw: number; readonly final: number; readonly drawn?: number },
  words: NextTokenBars['words']
): string {
  const text = row.final > 0 ? percent(row.final) : row.raw > 0 ? words.cut(percent(row.raw)) : percent(0)
  return row.drawn ? `${text}  ${words.drawn(row.drawn)}` : text
}

export function nextTokenBars({ rows, rest, width, rowHeight, words }: NextTokenBars, theme: ChartTheme): ChartOption {
  const labels: RowLabel[] = rows.map(row => ({ text: rowLabel(row.text), look: row.final > 0 ? 'token' : 'cut' }))
  const bars = [...rows, ...(rest.count > 0 ? [rest] : [])]
  if (rest.count > 0) labels.push({ text: words.more(rest.count), look: 'rest' })
  const left = Math.min(
    width * 0.35,
    labelColumn(
      labels.map(label => label.text),
      theme
    )
  )
  const texts = bars.map(row => barText(row, words))
  const end = axisEnd(
    bars.map((row, i) => ({ value: Math.max(row.raw, row.final), label: texts[i]! })),
    width - left,
    theme.size * 0.56
  )
  const shape = { barGap: '-100%', barCategoryGap: '26%' }
  const isRest = (i: number) => i >= rows.length
  return {
    grid: { left, right: 0, top: 0, height: rowHeight * bars.length },
    xAxis: { type: 'value', show: false, min: 0, max: end },
    yAxis: rowAxis(labels, theme),
    series: [
      {
        ...shape,
        type: 'bar',
        name: 'final',
        data: bars.map((row, i) => ({
          value: row.final,
          itemStyle: { color: isRest(i) ? theme.ink3 : theme.base, borderRadius: 3 }
        })),
        z: 1
      },
      {
        ...shape,
        type: 'bar',
        name: 'raw',
        data: bars.map(row => ({
          value: row.raw,
          itemStyle: {
            color: 'transparent',
            borderRadius: 3,
            borderWidth: 1,
            borderType: row.final > 0 ? [2, 2] : 'solid',
            // Inside the solid bar the outline is the panel's colour, outside it is ink.
            borderColor: row.final <= 0 ? theme.ink3 : row.final >= row.raw ? theme.panel : theme.ink2
          }
        })),
        z: 2
      },
      {
        ...shape,
        type: 'bar',
        name: 'label',
        silent: true,
        data: bars.map((row, i) => ({
          value: Math.max(row.raw, row.final),
          itemStyle: { color: 'transparent' },
          label: {
            show: true,
            position: 'right' as const,
            distance: 7,
            formatter: texts[i]!,
            color: row.final > 0 && !isRest(i) ? theme.ink : theme.ink3,
            fontSize: row.final > 0 && !isRest(i) ? theme.size : theme.size * 0.92
          }
        })),
        z: 3
      }
    ]
  } satisfies ChartOption
}

/** Every digit of the shown probabilities; the last line sums all other tokens. */
export function nextTokenCsv({ rows, rest }: Pick<NextTokenBars, 'rows' | 'rest'>): string {
  return toCsv(
    ['id', 'token', 'raw', 'final'],
    [...rows.map(row => [row.id, row.text, row.raw, row.final]), ['', `(${rest.count} more)`, rest.raw, rest.final]]
  )
}
