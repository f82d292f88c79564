/** Marks one step on a curve: the step whose sample is being read. */
import type { ChartTheme } from './chart-theme.ts'
import type { ChartOption } from './echarts.ts'

/** The option with a vertical line at `step`; unchanged when there is none. */
export function withStep(option: ChartOption, step: number | null, theme: ChartTheme): ChartOption {
  const series = option.series
  if (step === null || !Array.isArray(series) || series.length === 0) return option
  const [first, ...others] = series
  return {
    ...option,
    series: [
      {
        ...first,
        markLine: {
          silent: true,
          symbol: 'none',
          animation: false,
          label: { show: false },
          lineStyle: { color: theme.focus, width: 1, type: 'solid' },
          data: [{ xAxis: step }]
        }
      } as typeof first,
      ...others
    ]
  }
}
