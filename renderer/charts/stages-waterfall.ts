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

/** Relative change from which a mark is shown. */
const markedChange = 0.15

export function stageChange(before: number | undefined, after: number): StageChange {
  if (before === undefined) return after > 0 ? 'same' : 'gone'
  if (after <= 0) return before > 0 ? 'cut' : 'gone'
  if (before <= 0 || Math.abs(after - before) <= markedChange * before) return 'same'
  return after > before ? 'up' : 'down'
}

/** Length of a bar: the square root, so that small probabilities can still be seen. */
const length = (p: number): number => Math.sqrt(p)

/** Pixels above the rows: names, settings and entropies of the stages. */
export const waterfallHead = (theme: ChartTheme): number => Math.ceil(theme.size * 3)

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
  const gap = theme.size * 0.9
  const head = waterfallHead(theme)
  const values = stages.map(stage => [...Array.from(stage.probabilities), ...(others > 0 ? [stage.rest] : [])])
  const longest = length(Math.max(...values.flat(), 1e-9))
  const marks = { up: { text: '▲', color: theme.rlhf }, down: { text: '▼', color: theme.bad } } as const

  return {
    title: stages.flatMap((stage, j) => {
      const at = { top: 0, padding: 0, itemGap: 2 }
      const name = {
        fontSize: theme.size * 0.95,
        fontWeight: 500 as const,
        color: stage.active ? theme.ink : theme.ink3,
        width: column - 4,
        overflow: 'truncate' as const
      }
      const small = { fontSize: theme.size * 0.88, color: theme.ink3 }
      return [
        { ...at, left: left + j * column, text: stage.title, subtext: stage.setting, textStyle: name, subtextStyle: small },
        {
          ...at,
          left: left + (j + 1) * column - gap,
          text: '',
          subtext: `\n${stage.entropy}`,
          textAlign: 'right' as const,
          itemGap: -2,
          subtextStyle: { ...small, align: 'right' as const }
        }
      ]
    }),
    tooltip: {
      ...tooltip(theme),
      trigger: 'item',
      formatter: (mark: unknown) => {
        const { seriesIndex, dataIndex } = mark as { seriesIndex: number; dataIndex: number }
        const j = Math.floor(seriesIndex / 2)
        return `${labels[dataIndex]!.text}  ${stages[j]!.title}: ${percent(values[j]![dataIndex]!)}`
      }
    },
    grid: stages.map((_, j) => ({ left: left + j * column, width: column - gap, top: head, height: rowHeight * labels.length })),
    xAxis: stages.map((_, j) => ({ type: 'value' as const, show: false, gridIndex: j, min: 0, max: longest })),
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
          value: p > 0 ? Math.max(length(p), longest * 0.018) : 0,
          itemStyle: {
            color: i >= rows.length ? theme.ink3 : theme.base,
            opacity: 0.35 + 0.65 * Math.min(1, p * 2),
            borderRadius: 2
          }
        }))
      },
      {
        // A thin line where nothing is left, and what the stage did at the column's right edge.
        type: 'bar' as const,
        name: `${stage.title} change`,
        xAxisIndex: j,
        yAxisIndex: j,
        barGap: '-100%',
        barWidth: 2,
        silent: true,
        data: values[j]!.map((p, i) => {
          const change = stageChange(values[j - 1]?.[i], p)
          const none = p <= 0
          const mark = change === 'up' || change === 'down' ? marks[change] : undefined
          const text = mark?.text ?? (change === 'cut' ? words.cut : '')
          return {
            value: longest,
            itemStyle: { color: none ? theme.cut : 'transparent' },
            label: {
              show: text !== '',
              position: (mark ? 'insideRight' : [column - gap, -theme.size * 0.95]) as 'insideRight',
              formatter: text,
              color: mark?.color ?? theme.ink3,
              fontSize: theme.size * 0.85,
              ...(mark ? {} : { align: 'right' as const })
            }
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
