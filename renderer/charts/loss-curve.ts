/** Losses of one or several runs over their steps, linear or logarithmic, training and validation. */
import type { ChartTheme } from './chart-theme.ts'
import { toCsv } from './csv.ts'
import type { ChartOption } from './echarts.ts'
import { short } from './numbers.ts'
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
}

export interface LossCurve {
  readonly runs: readonly LossSeries[]
  readonly scale: 'linear' | 'log'
  readonly words: { readonly step: string; readonly train: string; readonly validation: string }
}

/**
 * Exponential moving average with the start corrected (as Adam corrects its moments), so that the
 * first values are not drawn towards zero.
 * @param keep share of the old value, 0 ≤ keep < 1; 0 leaves the values as they are
 */
export function smoothed(values: Numbers, keep: number): number[] {
  let mean = 0
  let weight = 0
  return Array.from(values, value => {
    if (!Number.isFinite(value)) return value
    mean = keep * mean + (1 - keep) * value
    weight = keep * weight + (1 - keep)
    return mean / weight
  })
}

const points = (x: Numbers, y: Numbers): [number, number][] =>
  Array.from({ length: Math.min(x.length, y.length) }, (_, i): [number, number] => [x[i]!, y[i]!]).filter(([, value]) =>
    Number.isFinite(value)
  )

/** How strongly the training loss is smoothed: a window of about a fiftieth of the curve. */
const keepFor = (length: number): number => (length < 50 ? 0 : 1 - 1 / Math.min(50, length / 50 + 1))

/** Raw training loss faint, smoothed training loss solid, validation dashed with marks; one colour a run. */
export function lossCurve({ runs, scale, words }: LossCurve, theme: ChartTheme): ChartOption {
  const several = runs.length > 1
  const series = runs.flatMap((run, i) => {
    const color = theme.runs[i % theme.runs.length]!
    const name = (kind: string) => (several ? `${run.name} · ${kind}` : kind)
    const validation = points(run.validationSteps, run.validation)
    return [
      {
        type: 'line' as const,
        name: `${run.name} raw`,
        data: points(run.steps, run.train),
        showSymbol: false,
        silent: true,
        sampling: 'minmax' as const,
        lineStyle: { width: 1, color, opacity: 0.25 },
        tooltip: { show: false },
        z: 1
      },
      {
        type: 'line' as const,
        name: name(words.train),
        data: points(run.steps, smoothed(run.train, keepFor(run.train.length))),
        showSymbol: run.train.length === 1,
        sampling: 'lttb' as const,
        lineStyle: { width: 2, color },
        itemStyle: { color },
        z: 2
      },
      {
        type: 'line' as const,
        name: name(words.validation),
        data: validation,
        symbol: 'circle',
        symbolSize: 5,
        showSymbol: validation.length <= 40,
        lineStyle: { width: 2, color: several ? color : theme.bad, type: 'dashed' as const },
        itemStyle: { color: several ? color : theme.bad },
        z: 3
      }
    ]
  })
  const label = { color: theme.ink3, fontSize: theme.size * 0.9 }
  return {
    grid: { left: theme.size * 3.6, right: theme.size, top: theme.size * 2.4, bottom: theme.size * 2 },
    legend: {
      data: series.filter(({ tooltip: hidden }) => !hidden).map(({ name }) => name),
      right: 0,
      top: 0,
      type: 'scroll',
      itemWidth: 18,
      itemHeight: 8,
      textStyle: { color: theme.ink2, fontSize: theme.size * 0.95 }
    },
    tooltip: {
      ...tooltip(theme),
      trigger: 'axis',
      valueFormatter: value => short(Number(value)),
      axisPointer: { lineStyle: { color: theme.focus } }
    },
    xAxis: {
      type: 'value',
      min: 0,
      max: 'dataMax',
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
      scale: true,
      minorSplitLine: { show: scale === 'log', lineStyle: { color: theme.line2 } },
      axisLabel: { ...label, formatter: (value: number) => String(Number(value.toPrecision(3))) },
      splitLine: { lineStyle: { color: theme.line2 } }
    },
    dataZoom: [{ type: 'inside', filterMode: 'none', zoomOnMouseWheel: 'ctrl', moveOnMouseWheel: false }],
    series
  } satisfies ChartOption
}

/** Long form: run, split, step, loss. */
export function lossCsv(runs: readonly LossSeries[]): string {
  const rows = runs.flatMap(run => [
    ...points(run.steps, run.train).map(([step, loss]) => [run.name, 'train', step, loss]),
    ...points(run.validationSteps, run.validation).map(([step, loss]) => [run.name, 'validation', step, loss])
  ])
  return toCsv(['run', 'split', 'step', 'loss'], rows)
}
