/** Small curves without axes: learning rate, gradient norm, throughput, of one run or of several. */
import type { ChartTheme } from './chart-theme.ts'
import { toCsv } from './csv.ts'
import type { ChartOption } from './echarts.ts'
import { short } from './numbers.ts'
import { extremes, placeAt } from './thinned.ts'
import { tooltip } from './tooltip.ts'

type Numbers = ArrayLike<number>

export interface SparkCurve {
  /** Run that it belongs to. */
  readonly run: string
  readonly x: Numbers
  readonly y: Numbers
}

export interface Sparkline {
  /** What is measured. */
  readonly name: string
  readonly curves: readonly SparkCurve[]
  /** Colour of a single curve; ordinary ink when left out. */
  readonly color?: string
  /** Names the horizontal value in the tooltip. */
  readonly step: string
}

/** Stretches of a curve of which the lowest and the highest value are drawn: a small panel has no more pixels. */
const buckets = 200

export function sparkline({ curves, color, step }: Sparkline, theme: ChartTheme): ChartOption {
  const several = curves.length > 1
  return {
    animation: false,
    grid: { left: 2, right: 2, top: 4, bottom: 3 },
    tooltip: {
      ...tooltip(theme),
      trigger: 'axis',
      axisPointer: { lineStyle: { color: theme.focus } },
      formatter: (marked: unknown) => {
        const [first] = marked as { axisValue: number }[]
        if (!first) return ''
        const at = Math.round(Number(first.axisValue))
        const values = curves.flatMap(({ run, x, y }) => {
          const value = y[placeAt(x, at)]
          if (value === undefined) return []
          return several ? [`${run}: ${short(value)}`] : [short(value)]
        })
        return [`${step} ${at.toLocaleString('en')}`, ...values].join(several ? '\n' : ': ')
      }
    },
    xAxis: { type: 'value', show: false, min: 'dataMin', max: 'dataMax' },
    yAxis: { type: 'value', show: false, min: 0 },
    series: curves.map(({ run, x, y }, i) => {
      const line = several ? theme.runs[i % theme.runs.length]! : (color ?? theme.ink2)
      return {
        type: 'line' as const,
        name: run,
        data: extremes(x, y, buckets),
        showSymbol: x.length === 1,
        symbolSize: 4,
        lineStyle: { width: 1.6, color: line },
        itemStyle: { color: line }
      }
    })
  } satisfies ChartOption
}

export function sparklineCsv({ name, curves, step }: Sparkline): string {
  return toCsv(
    ['run', step, name],
    curves.flatMap(({ run, x, y }) => Array.from({ length: Math.min(x.length, y.length) }, (_, i) => [run, x[i], y[i]] as const))
  )
}
