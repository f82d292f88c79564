/** A small curve without axes: learning rate, gradient norm, throughput. */
import type { ChartTheme } from './chart-theme.ts'
import { toCsv } from './csv.ts'
import type { ChartOption } from './echarts.ts'
import { short } from './numbers.ts'
import { tooltip } from './tooltip.ts'

export interface Sparkline {
  readonly name: string
  readonly x: ArrayLike<number>
  readonly y: ArrayLike<number>
  /** Colour of the curve; ordinary ink when left out. */
  readonly color?: string
  /** Starts the vertical axis at zero. */
  readonly fromZero?: boolean
  /** Names the horizontal value in the tooltip. */
  readonly step: string
}

export function sparkline({ name, x, y, color, fromZero = false, step }: Sparkline, theme: ChartTheme): ChartOption {
  const line = color ?? theme.ink2
  const data = Array.from({ length: Math.min(x.length, y.length) }, (_, i): [number, number] => [x[i]!, y[i]!])
  return {
    grid: { left: 2, right: 2, top: 4, bottom: 3 },
    tooltip: {
      ...tooltip(theme),
      trigger: 'axis',
      axisPointer: { lineStyle: { color: theme.focus } },
      formatter: (mark: unknown) => {
        const [first] = mark as { value: [number, number] }[]
        return first ? `${step} ${short(first.value[0])}: ${short(first.value[1])}` : ''
      }
    },
    xAxis: { type: 'value', show: false, min: 'dataMin', max: 'dataMax' },
    yAxis: { type: 'value', show: false, scale: !fromZero, ...(fromZero ? { min: 0 } : {}) },
    series: [
      {
        type: 'line',
        name,
        data: data.filter(([, value]) => Number.isFinite(value)),
        showSymbol: data.length === 1,
        symbolSize: 4,
        sampling: 'lttb',
        lineStyle: { width: 1.6, color: line },
        itemStyle: { color: line }
      }
    ]
  } satisfies ChartOption
}

export function sparklineCsv({ name, x, y, step }: Sparkline): string {
  return toCsv(
    [step, name],
    Array.from({ length: Math.min(x.length, y.length) }, (_, i) => [x[i], y[i]])
  )
}
