/** Marks one step on a curve: the step whose sample is being read. */
import type { ChartTheme } from './chart-theme.ts'
import type { ChartOption } from './echarts.ts'

/** The option with a vertical line at `step`, and without one at null. */
export function withStep(option: ChartOption, step: number | null, theme: ChartTheme): ChartOption {
  const mark = {
    type: 'line' as const,
    id: 'step-mark',
    name: '',
    data: [],
    silent: true,
    markLine: {
      silent: true,
      symbol: 'none',
      animation: false,
      label: { show: false },
      lineStyle: { color: theme.focus, width: 1, type: 'solid' as const },
      data: step === null ? [] : [{ xAxis: step }]
    }
  }
  return { ...option, series: [...[option.series ?? []].flat(), mark] }
}
