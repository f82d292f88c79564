/** One look for every chart's tooltip. Drawn by the chart, never as HTML: token texts are shown as they are. */
import type { TooltipComponentOption } from 'echarts/components'
import type { ChartTheme } from './chart-theme.ts'

export const tooltip = (theme: ChartTheme) =>
  ({
    renderMode: 'richText',
    confine: true,
    transitionDuration: 0,
    backgroundColor: theme.panel,
    borderColor: theme.line,
    borderWidth: 1,
    padding: [6, 9],
    textStyle: { color: theme.ink, fontFamily: theme.sans, fontSize: theme.size }
  }) satisfies TooltipComponentOption
