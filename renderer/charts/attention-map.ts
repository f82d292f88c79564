/** One head's whole attention as a map: rows look at columns. */
import type { ChartTheme } from './chart-theme.ts'
import { toCsv } from './csv.ts'
import type { ChartOption } from './echarts.ts'
import { percent } from './numbers.ts'
import { shortened, visibleToken } from './token-text.ts'
import { tooltip } from './tooltip.ts'

export interface AttentionMap {
  readonly tokens: readonly string[]
  /** (T, T), row = looking token. */
  readonly head: ArrayLike<number>
  readonly query: number
  readonly width: number
  readonly height: number
  readonly words: { readonly looks: (from: string, at: string, weight: string) => string }
}

export function attentionMap({ tokens, head, query, width, height, words }: AttentionMap, theme: ChartTheme): ChartOption {
  const length = tokens.length
  const texts = tokens.map(text => shortened(visibleToken(text), 8))
  const data: [number, number, number][] = []
  for (let row = 0; row < length; row++) for (let key = 0; key <= row; key++) data.push([key, row, head[row * length + key] ?? 0])
  const font = theme.size * 0.85
  const left = font * 5.2
  const side = Math.max(1, Math.min(width - left, height - font * 1.8))
  const every = Math.max(0, Math.ceil((font * 1.15 * length) / side) - 1)
  const axis = (look: 'column' | 'row') => ({
    type: 'category' as const,
    inverse: look === 'row',
    data: texts.map((_, i) => String(i)),
    axisLine: { show: false },
    axisTick: { show: false },
    axisLabel: {
      interval: (i: number) => (look === 'row' && i === query) || i % (every + 1) === 0,
      color: theme.ink3,
      fontFamily: theme.mono,
      fontSize: font,
      formatter: (_: string, i: number) =>
        shortened(texts[i]!, look === 'column' ? Math.max(1, Math.floor(((side / length) * (every + 1)) / (font * 0.62))) : 8)
    }
  })
  return {
    grid: { left, width: side, top: 2, height: side },
    xAxis: axis('column'),
    yAxis: axis('row'),
    tooltip: {
      ...tooltip(theme),
      formatter: (mark: unknown) => {
        const [key, row, weight] = (mark as { value: [number, number, number] }).value
        return words.looks(texts[row]!, texts[key]!, percent(weight))
      }
    },
    visualMap: { show: false, min: 0, max: 1, dimension: 2, inRange: { color: [theme.line2, theme.base] } },
    series: [
      {
        type: 'heatmap',
        name: 'attention',
        data,
        progressive: 0,
        itemStyle: { borderWidth: side / length > 6 ? 1 : 0, borderColor: theme.panel },
        emphasis: { itemStyle: { borderColor: theme.focus, borderWidth: 1.5 } },
        markArea: {
          silent: true,
          itemStyle: { color: 'transparent', borderColor: theme.focus, borderWidth: 1.5 },
          data: [[{ coord: [0, query] }, { coord: [query, query] }]]
        }
      }
    ]
  } satisfies ChartOption
}

/** The looking token of a mark: marks are the lower triangle, row after row. */
export const mapRow = (dataIndex: number): number => Math.floor((Math.sqrt(8 * dataIndex + 1) - 1) / 2)

/** One line a looking token, one column a token looked at. */
export function attentionCsv(tokens: readonly string[], head: ArrayLike<number>): string {
  const length = tokens.length
  return toCsv(
    ['looking', ...tokens.map(visibleToken)],
    tokens.map((text, row) => [
      visibleToken(text),
      ...Array.from({ length }, (_, key) => (key <= row ? (head[row * length + key] ?? 0) : 0))
    ])
  )
}
