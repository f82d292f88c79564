/** The token column that bars, waterfall and lens share. */
import type { ChartTheme } from './chart-theme.ts'
import { inRichText, monoWidth, shortened, visibleToken } from './token-text.ts'

/** Longest token text that is written out. */
const mostCharacters = 14

export const rowLabel = (text: string): string => shortened(visibleToken(text), mostCharacters)

/** Pixels of the column: as wide as its longest text. */
export function labelColumn(labels: readonly string[], theme: ChartTheme): number {
  const longest = Math.max(4, ...labels.map(monoWidth))
  return Math.ceil(longest * theme.size * 0.615 + theme.size * 0.8)
}

export interface RowLabel {
  readonly text: string
  /** `token`: a token that can be drawn; `cut`: one that cannot; `rest`: the sum of all others. */
  readonly look: 'token' | 'cut' | 'rest'
}

/** Category axis of rows from top to bottom, tokens in the monospaced type, cut ones grey. */
export function rowAxis(labels: readonly RowLabel[], theme: ChartTheme) {
  return {
    type: 'category' as const,
    inverse: true,
    data: labels.map((_, i) => String(i)),
    axisLine: { show: false },
    axisTick: { show: false },
    axisLabel: {
      interval: 0,
      margin: theme.size * 0.7,
      formatter: (_: string, i: number) => `{${labels[i]!.look}|${inRichText(labels[i]!.text)}}`,
      rich: {
        token: { fontFamily: theme.mono, fontSize: theme.size, color: theme.ink },
        cut: { fontFamily: theme.mono, fontSize: theme.size, color: theme.ink3 },
        rest: { fontFamily: theme.sans, fontSize: theme.size * 0.9, color: theme.ink3 }
      }
    }
  }
}
