/** The distribution after each sampling stage, one column a stage, over the same rows of tokens. */
import type { ChartTheme } from './chart-theme.ts'
import { toCsv } from './csv.ts'
import type { ChartOption } from './echarts.ts'
import { percent } from './numbers.ts'
import { labelColumn, rowAxis, rowLabel, type RowLabel } from './row-labels.ts'
import { tooltip } from './tooltip.ts'

export interface WaterfallStage {
  /** Name the user reads. */
  readonly title: string
  /** The setting, or that it is off or was skipped. */
  readonly setting: string
  /** Entropy as text. */
  readonly entropy: string
  readonly active: boolean
  /** Probabilities of the rows. */
  readonly probabilities: ArrayLike<number>
  /** Sum over all other tokens. */
  readonly rest: number
}

export interface StagesWaterfall {
  readonly rows: readonly { readonly id: number; readonly text: string }[]
  /** How many tokens are no row. */
  readonly others: number
  readonly stages: readonly WaterfallStage[]
  readonly width: number
  /** Pixels of one row. */
  readonly rowHeight: number
  readonly words: { readonly cut: string; readonly more: (count: number) => string }
}

/** What a stage did to one token. */
export type StageChange = 'same' | 'up' | 'down' | 'cut' | 'gone'

/** Relative change from which a mark is shown, and the probability below which no change is worth one. */
const markedChange = 0.15
const markedFrom = 0.001

export function stageChange(before: number | undefined, after: number): StageChange {
  if (before === undefined) return after > 0 ? 'same' : 'gone'
  if (after <= 0) return before > 0 ? 'cut' : 'gone'
  if (Math.abs(after - before) <= markedChange * before || Math.max(before, after) < markedFrom) return 'same'
  return after > before ? 'up' : 'down'
}

/** Length of a bar: the square root, so that small probabilities can still be seen. */
const length = (p: number): number => Math.sqrt(p)

/** Whether a column is too narrow for setting and entropy on one line. */
const isNarrow = (width: number, theme: ChartTheme): boolean => width < theme.size * 48

/** Pixels above the rows: names, settings and entropies of the stages. */
export const waterfallHead = (width: number, theme: ChartTheme): number =>
  Math.ceil(theme.size * (isNarrow(width, theme) ? 4.2 : 3))

export function stagesWaterfall(
  { rows, others, stages, width, rowHeight, words }: StagesWaterfall,
  theme: ChartTheme
): ChartOption {
  const final = stages.at(-1)!
  const labels: RowLabel[] = rows.map((row, i) => ({
    text: rowLabel(row.text),
    look: final.probabilities[i]! > 0 ? 'token' : 'cut'
  }))
  if (others > 0) labels.push({ text: words.more(others), look: 'rest' })
  const left = Math.min(
    width * 0.25,
    labelColumn(
      labels.map(label => label.text),
      theme
    )
  )
  const column = (width - left) / stages.length
  const gap = theme.size * 0.8
  const mark = theme.size * 0.6
  const plot = Math.max(1, column - gap)
  const head = waterfallHead(width, theme)
  const line = theme.size * 1.3
  const narrow = isNarrow(width, theme)
  const values = stages.map(stage => [...Array.from(stage.probabilities), ...(others > 0 ? [stage.rest] : [])])
  const longest = length(Math.max(...values.flat(), 1e-9))
  // The longest bar ends before the marks begin.
  const end = (longest * plot) / Math.max(1, plot - mark - 3)

  return {
    title: stages.flatMap((stage, j) => {
      const start = left + j * column
      const small = { fontSize: theme.size * 0.9, fontWeight: 400 as const, color: theme.ink3 }
      const name = { fontSize: theme.size * 0.95, fontWeight: 500 as const, color: stage.active ? theme.ink : theme.ink3 }
      return [
        {
          text: stage.title,
          left: start,
          top: 0,
          padding: 0,
          textStyle: { ...name, width: column - 3, overflow: 'truncate' as const }
        },
        {
          text: stage.setting,
          left: start,
          top: line,
          padding: 0,
          textStyle: { ...small, color: stage.active ? theme.ink2 : theme.ink3 }
        },
        narrow
          ? { text: stage.entropy, left: start, top: line * 2, padding: 0, textStyle: small }
          : { text: stage.entropy, left: start + plot, top: line, padding: 0, textAlign: 'right' as const, textStyle: small }
      ]
    }),
    tooltip: {
      ...tooltip(theme),
      trigger: 'item',
      formatter: (marked: unknown) => {
        const { seriesIndex, dataIndex } = marked as { seriesIndex: number; dataIndex: number }
        const j = Math.floor(seriesIndex / 2)
        return `${labels[dataIndex]!.text}  ${stages[j]!.title}: ${percent(values[j]![dataIndex]!)}`
      }
    },
    grid: stages.map((_, j) => ({ left: left + j * column, width: plot, top: head, height: rowHeight * labels.length })),
    xAxis: stages.map((_, j) => ({ type: 'value' as const, show: false, gridIndex: j, min: 0, max: end })),
    yAxis: stages.map((_, j) => ({
      ...(j === 0 ? rowAxis(labels, theme) : { ...rowAxis(labels, theme), axisLabel: { show: false } }),
      gridIndex: j
    })),
    series: stages.flatMap((stage, j) => [
      {
        type: 'bar' as const,
        name: stage.title,
        xAxisIndex: j,
        yAxisIndex: j,
        barWidth: '74%',
        data: values[j]!.map((p, i) => ({
          value: p > 0 ? Math.max(length(p), end * 0.016) : 0,
          itemStyle: {
            color: i >= rows.length ? theme.ink3 : theme.base,
            opacity: 0.35 + 0.65 * Math.min(1, p * 2),
            borderRadius: 2
          }
        }))
      },
      {
        // What the stage did: triangles at the column's right edge, a thin line where nothing is left.
        type: 'scatter' as const,
        name: `${stage.title} change`,
        xAxisIndex: j,
        yAxisIndex: j,
        silent: true,
        data: values[j]!.map((p, i) => {
          const change = stageChange(values[j - 1]?.[i], p)
          const at = (value: number) => [value, i] as [number, number]
          switch (change) {
            case 'up':
            case 'down':
              return {
                value: at(end),
                name: change,
                symbol: 'triangle',
                symbolSize: mark,
                symbolRotate: change === 'up' ? 0 : 180,
                symbolOffset: [-mark / 2, 0],
                itemStyle: { color: change === 'up' ? theme.rlhf : theme.bad }
              }
            case 'cut':
            case 'gone':
              return {
                value: at(end / 2),
                name: change,
                symbol: 'rect',
                symbolSize: [plot, 1.5],
                itemStyle: { color: theme.cut },
                label: {
                  show: change === 'cut',
                  position: [plot, -theme.size * 0.95] as [number, number],
                  align: 'right' as const,
                  formatter: words.cut,
                  color: theme.ink3,
                  fontSize: theme.size * 0.85
                }
              }
            case 'same':
              return { value: at(end), name: change, symbolSize: 0 }
          }
        })
      }
    ])
  } satisfies ChartOption
}

/** One line a token, one column a stage; the last line sums all other tokens. */
export function stagesCsv({ rows, others, stages }: Pick<StagesWaterfall, 'rows' | 'others' | 'stages'>): string {
  return toCsv(
    ['id', 'token', ...stages.map(stage => stage.title)],
    [
      ...rows.map((row, i) => [row.id, row.text, ...stages.map(stage => stage.probabilities[i]!)]),
      ['', `(${others} more)`, ...stages.map(stage => stage.rest)]
    ]
  )
}
