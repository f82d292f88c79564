/** Losses of one or several runs over their steps, linear or logarithmic, training and validation. */
import type { ChartTheme } from './chart-theme.ts'
import { toCsv } from './csv.ts'
import type { ChartOption } from './echarts.ts'
import { short } from './numbers.ts'
import { everyNth, extremes, placeAt, points, type Point } from './thinned.ts'
import { tooltip } from './tooltip.ts'

type Numbers = ArrayLike<number>

export interface LossSeries {
  readonly name: string
  /** Optimiser steps, rising. */
  readonly steps: Numbers
  /** Loss of each step's batch, nats a token. */
  readonly train: Numbers
  readonly validationSteps: Numbers
  /** Loss on the held-out split; NaN where none was measured. */
  readonly validation: Numbers
  /** Steps after which the run's state was kept. */
  readonly checkpoints?: Numbers
  /** Steps that the run is to have, while it goes on: the axis shows how far it is. */
  readonly until?: number
}

/** How strongly the training loss is averaged. */
export const smoothings = ['none', 'some', 'strong'] as const
export type Smoothing = (typeof smoothings)[number]

export interface LossCurve {
  readonly runs: readonly LossSeries[]
  readonly scale: 'linear' | 'log'
  /** None where the losses are means already. */
  readonly smoothing?: Smoothing
  readonly words: { readonly step: string; readonly train: string; readonly validation: string }
}

/** Points a curve is drawn with, at most: more than a wide panel has pixels. */
const most = 1200
/** Checkpoints that are marked, at most: more would cover the curve. */
const mostMarks = 40

/**
 * Mean over a window around each value, so that the smooth curve neither lags behind nor runs ahead. Near the
 * start, where a loss falls fast, the window shrinks to what lies on both sides; at the end it looks back only.
 * @param half values on each side, 0 or more; 0 leaves the values as they are
 */
export function smoothed(values: Numbers, half: number): Float64Array {
  if (half === 0) return Float64Array.from(values)
  const { length } = values
  const sums = new Float64Array(length + 1)
  const counts = new Uint32Array(length + 1)
  for (let i = 0; i < length; i++) {
    const finite = Number.isFinite(values[i])
    sums[i + 1] = sums[i]! + (finite ? values[i]! : 0)
    counts[i + 1] = counts[i]! + (finite ? 1 : 0)
  }
  return Float64Array.from({ length }, (_, i) => {
    const side = Math.min(half, i)
    const from = i - side
    const to = Math.min(length, i + side + 1)
    return (sums[to]! - sums[from]!) / (counts[to]! - counts[from]!)
  })
}

/** Values on each side of a window of about a fiftieth, or a tenth, of the curve. */
export function windowOf(smoothing: Smoothing, length: number): number {
  if (smoothing === 'none') return 0
  return Math.round(length / (smoothing === 'some' ? 100 : 20))
}

/** Raw training loss faint, smoothed training loss solid, validation dashed with marks; one colour a run. */
export function lossCurve({ runs, scale, smoothing = 'none', words }: LossCurve, theme: ChartTheme): ChartOption {
  const several = runs.length > 1
  const curves = runs.map(run => ({ ...run, mean: smoothed(run.train, windowOf(smoothing, run.train.length)) }))
  const series = curves.flatMap((run, i) => {
    const color = theme.runs[i % theme.runs.length]!
    const heldOut = several ? color : theme.bad
    // Of several runs the legend names each once, and switches all its curves.
    const name = (kind: string) => (several ? run.name : kind)
    const validation = points(run.validationSteps, run.validation)
    return [
      {
        type: 'line' as const,
        id: `${i} raw`,
        name: name(words.train),
        data: smoothing === 'none' ? [] : extremes(run.steps, run.train, most / 2),
        showSymbol: false,
        silent: true,
        lineStyle: { width: 1, color, opacity: 0.25 },
        itemStyle: { color },
        z: 1
      },
      {
        type: 'line' as const,
        id: `${i} train`,
        name: name(words.train),
        data: smoothing === 'none' ? extremes(run.steps, run.train, most / 2) : everyNth(run.steps, run.mean, most),
        showSymbol: run.train.length === 1,
        lineStyle: { width: smoothing === 'none' ? 1.25 : 2, color },
        itemStyle: { color },
        z: 2
      },
      {
        type: 'line' as const,
        id: `${i} validation`,
        name: name(words.validation),
        data: validation,
        symbol: 'circle',
        symbolSize: 5,
        showSymbol: validation.length <= 40,
        lineStyle: { width: 2, color: heldOut, type: 'dashed' as const },
        itemStyle: { color: heldOut },
        z: 3
      },
      {
        type: 'scatter' as const,
        id: `${i} checkpoints`,
        name: name(words.train),
        data: marks(run.checkpoints ?? [], run.steps, run.mean),
        symbol: 'diamond',
        symbolSize: 8,
        silent: true,
        itemStyle: { color: theme.panel, borderColor: color, borderWidth: 1.5 },
        z: 4
      }
    ]
  })
  const end = Math.max(0, ...runs.map(({ until, steps }) => until ?? steps[steps.length - 1] ?? 0))
  const label = { color: theme.ink3, fontSize: theme.size * 0.9 }
  return {
    // A run that goes on is drawn four times a second: moving from one drawing to the next would never end.
    animation: false,
    grid: { left: theme.size * 3.6, right: theme.size * 1.5, top: theme.size * 2.4, bottom: theme.size * 2 },
    legend: {
      data: [...new Set(series.map(({ name }) => name))],
      icon: 'roundRect',
      right: 0,
      top: 0,
      type: 'scroll',
      itemWidth: 14,
      itemHeight: 3,
      textStyle: { color: theme.ink2, fontSize: theme.size * 0.95 }
    },
    tooltip: {
      ...tooltip(theme),
      trigger: 'axis',
      axisPointer: { lineStyle: { color: theme.focus } },
      formatter: (marked: unknown) => {
        const [first] = marked as { axisValue: number }[]
        return first ? reading(curves, Number(first.axisValue), words) : ''
      }
    },
    xAxis: {
      type: 'value',
      min: 0,
      max: end > 0 ? end : 'dataMax',
      name: words.step,
      nameLocation: 'end',
      nameGap: 4,
      nameTextStyle: { ...label, align: 'right', verticalAlign: 'bottom', padding: [0, 0, 4, 0] },
      axisLabel: label,
      axisLine: { lineStyle: { color: theme.line } },
      splitLine: { show: false },
      axisPointer: { label: { show: false } }
    },
    yAxis: {
      type: scale === 'log' ? 'log' : 'value',
      // A small base: with ten, losses between 1 and 10 would share one stretch of the axis.
      ...(scale === 'log' && { logBase: 1.2 }),
      show: curves.some(({ steps }) => steps.length > 0),
      scale: true,
      minorSplitLine: { show: scale === 'log', lineStyle: { color: theme.line2 } },
      axisLabel: { ...label, formatter: (value: number) => String(Number(value.toPrecision(3))) },
      splitLine: { lineStyle: { color: theme.line2 } }
    },
    dataZoom: [{ type: 'inside', filterMode: 'none', zoomOnMouseWheel: 'ctrl', moveOnMouseWheel: false }],
    series
  } satisfies ChartOption
}

/** Checkpoints where they lie on the curve. */
function marks(checkpoints: Numbers, steps: Numbers, mean: Numbers): Point[] {
  const on = Array.from(checkpoints, step => [step, mean[placeAt(steps, step)] ?? Number.NaN] as const)
  return everyNth(
    on.map(([step]) => step),
    on.map(([, loss]) => loss),
    mostMarks
  )
}

/** What the curves say at a step: the newest values up to it. */
function reading(curves: readonly (LossSeries & { readonly mean: Numbers })[], step: number, words: LossCurve['words']): string {
  const lines = curves.flatMap(run => {
    const train = run.mean[placeAt(run.steps, step)]
    if (train === undefined || step > (run.steps[run.steps.length - 1] ?? 0)) return []
    const validation = run.validation[placeAt(run.validationSteps, step)]
    return [
      ...(curves.length > 1 ? [run.name] : []),
      `${words.train} ${short(train)}`,
      ...(validation !== undefined && Number.isFinite(validation) ? [`${words.validation} ${short(validation)}`] : [])
    ]
  })
  return [`${words.step} ${Math.round(step).toLocaleString('en')}`, ...lines].join('\n')
}

/** Long form: run, split, step, loss. */
export function lossCsv(runs: readonly LossSeries[]): string {
  const rows = runs.flatMap(run => [
    ...points(run.steps, run.train).map(([step, loss]) => [run.name, 'train', step, loss]),
    ...points(run.validationSteps, run.validation).map(([step, loss]) => [run.name, 'validation', step, loss])
  ])
  return toCsv(['run', 'split', 'step', 'loss'], rows)
}
