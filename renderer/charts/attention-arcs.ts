/** One looking token's attention as arcs over the text: thick and dark = much. */
import { strongest } from './attention.ts'
import type { ChartTheme } from './chart-theme.ts'
import type { ChartOption } from './echarts.ts'
import { percent } from './numbers.ts'
import { monoWidth, shortened, visibleToken } from './token-text.ts'

export interface AttentionArcs {
  /** Texts of the tokens that were run. */
  readonly tokens: readonly string[]
  /** Weights of the looking token over them. */
  readonly weights: ArrayLike<number>
  readonly query: number
  readonly width: number
  readonly height: number
}

/** Weights below this are not drawn. */
const faintest = 0.01
const mostArcs = 24
const mostLabels = 5

/** Middle of each token on the line: as wide as its text where all fit, else evenly. */
export function tokenPlaces(
  texts: readonly string[],
  width: number,
  characterWidth: number
): { readonly x: readonly number[]; readonly written: boolean } {
  const widths = texts.map(text => Math.max(1, monoWidth(text)) * characterWidth)
  const sum = widths.reduce((a, b) => a + b, 0)
  const space = Math.min(characterWidth * 1.5, (width - sum) / Math.max(1, texts.length))
  if (space < 1) return { x: texts.map((_, i) => ((i + 0.5) * width) / texts.length), written: false }
  let at = (width - sum - space * texts.length) / 2
  return {
    x: widths.map(own => {
      const middle = at + (own + space) / 2
      at += own + space
      return middle
    }),
    written: true
  }
}

const textsOf = (tokens: readonly string[]) => tokens.map(text => shortened(visibleToken(text), 12))
const fontOf = (theme: ChartTheme) => theme.size * 0.95

/** Where the tokens of the arcs stand, so that a pointer can find the nearest. */
export const arcPlaces = (tokens: readonly string[], width: number, theme: ChartTheme) =>
  tokenPlaces(textsOf(tokens), width, fontOf(theme) * 0.61)

export function attentionArcs({ tokens, weights, query, width, height }: AttentionArcs, theme: ChartTheme): ChartOption {
  const font = fontOf(theme)
  const texts = textsOf(tokens)
  const { x, written } = arcPlaces(tokens, width, theme)
  const floor = height - theme.size * 2
  const ceiling = theme.size * 1.6
  const arcs = strongest(weights, mostArcs, faintest)
  const widest = Math.max(1, ...arcs.map(({ key }) => Math.abs(x[query]! - x[key]!) / 2))
  const flat = Math.min(1, (floor - ceiling) / widest)
  const loop = theme.size * 0.5
  const apex = (key: number) => (key === query ? floor - 2 * loop : floor - (Math.abs(x[query]! - x[key]!) / 2) * flat)

  // Percentages where they do not cover each other.
  const labels: { key: number; x: number; y: number; text: string }[] = []
  for (const { key, weight } of arcs.slice(0, mostLabels * 2)) {
    const text = percent(weight)
    const half = text.length * theme.size * 0.26
    const label = { key, x: Math.min(width - half, Math.max(half, (x[query]! + x[key]!) / 2)), y: apex(key) - 5, text }
    const free = labels.every(
      other => Math.abs(other.x - label.x) > theme.size * 3.4 || Math.abs(other.y - label.y) > theme.size * 1.1
    )
    if (free && labels.length < mostLabels) labels.push(label)
  }

  // Where not every text fits, the looking token and those it looks at most keep theirs.
  const named = new Set<number>(written ? tokens.keys() : [])
  if (!written)
    for (const key of [query, ...arcs.map(arc => arc.key)]) {
      const half = (other: number) => (monoWidth(texts[other]!) * font * 0.61) / 2
      if ([...named].every(other => Math.abs(x[other]! - x[key]!) > half(other) + half(key) + 3)) named.add(key)
    }
  const weightOf = new Map(arcs.map(({ key, weight }) => [key, weight]))

  return {
    graphic: [
      ...arcs.toReversed().map(({ key, weight }) => {
        const [from, to] = [x[query]!, x[key]!]
        const shared = {
          name: `arc ${key}`,
          silent: true,
          style: { fill: 'none', stroke: theme.base, lineWidth: 1 + weight * 11, opacity: Math.min(1, 0.3 + weight) },
          z: 1
        }
        if (key === query) return { ...shared, type: 'circle' as const, shape: { cx: from, cy: floor - loop, r: loop } }
        // One cubic curve whose control points stand above the ends; its apex is at ¾ of their height.
        const control = floor - (4 / 3) * (floor - apex(key))
        return {
          ...shared,
          type: 'bezierCurve' as const,
          shape: { x1: from, y1: floor, cpx1: from, cpy1: control, cpx2: to, cpy2: control, x2: to, y2: floor }
        }
      }),
      ...labels.map(label => ({
        type: 'text' as const,
        name: `weight ${label.key}`,
        silent: true,
        x: label.x,
        y: label.y,
        style: {
          text: label.text,
          fill: theme.ink2,
          font: `${theme.size * 0.88}px ${theme.sans}`,
          textAlign: 'center' as const,
          textVerticalAlign: 'bottom' as const,
          stroke: theme.panel,
          lineWidth: 3
        },
        z: 3
      })),
      ...tokens.map((_, i) =>
        named.has(i)
          ? {
              type: 'text' as const,
              name: `token ${i}`,
              silent: true,
              x: x[i]!,
              y: floor + theme.size * 0.5,
              style: {
                text: texts[i]!,
                fill: i === query || weightOf.has(i) ? theme.ink : theme.ink3,
                font: `${i === query ? 700 : 400} ${font}px ${theme.mono}`,
                textAlign: 'center' as const,
                textVerticalAlign: 'top' as const
              },
              z: 2
            }
          : {
              type: 'rect' as const,
              name: `token ${i}`,
              silent: true,
              shape: { x: x[i]! - 0.5, y: floor + 2, width: 1, height: 4 },
              style: { fill: theme.cut },
              z: 2
            }
      ),
      {
        type: 'rect' as const,
        name: 'query',
        silent: true,
        shape: { x: x[query]! - theme.size * 0.4, y: height - 3, width: theme.size * 0.8, height: 3, r: 1.5 },
        style: { fill: theme.focus },
        z: 2
      }
    ]
  } satisfies ChartOption
}
