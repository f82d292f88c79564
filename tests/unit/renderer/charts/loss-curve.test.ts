/** The loss chart's option: what is drawn of which run. */
import { expect, test } from 'vitest'
import { lightTheme } from '../../../../renderer/charts/chart-theme.ts'
import { lossCsv, lossCurve, smoothed, windowOf, type LossSeries } from '../../../../renderer/charts/loss-curve.ts'
import { withStep } from '../../../../renderer/charts/training-step-mark.ts'

const words = { step: 'step', train: 'training', validation: 'validation' }
const run = (name: string, length: number): LossSeries => ({
  name,
  steps: Float64Array.from({ length }, (_, i) => i + 1),
  train: Float64Array.from({ length }, (_, i) => 1 + 3 / (i + 1)),
  validationSteps: [0, length],
  validation: [4, 1.2],
  checkpoints: [length / 2]
})
interface Drawn {
  readonly id: string
  readonly name: string
  readonly data: readonly [number, number][]
  readonly lineStyle?: { readonly color: string; readonly type?: string }
  readonly markLine?: { readonly data: readonly { readonly xAxis: number }[] }
}
const seriesOf = (option: ReturnType<typeof lossCurve>) => option.series as unknown as readonly Drawn[]

test('smoothing follows a straight line exactly and has no lag at the start', () => {
  const line = Array.from({ length: 101 }, (_, i) => 10 - i * 0.05)
  const smooth = smoothed(line, 8)
  for (let i = 0; i <= 100 - 8; i++) expect(smooth[i]).toBeCloseTo(line[i]!, 12)
  expect([...smoothed(line, 0)]).toEqual(line)
})

test('smoothing leaves out what is no number', () => {
  expect([...smoothed([1, NaN, 3], 1)]).toEqual([1, 2, 3])
})

test('a stronger smoothing has a wider window', () => {
  expect([windowOf('none', 1000), windowOf('some', 1000), windowOf('strong', 1000)]).toEqual([0, 10, 50])
})

test('ten thousand steps are drawn with few points', () => {
  const series = seriesOf(lossCurve({ runs: [run('a', 10_000)], scale: 'linear', smoothing: 'some', words }, lightTheme))
  const drawn = series.reduce((sum, { data }) => sum + data.length, 0)
  expect(drawn).toBeGreaterThan(500)
  expect(drawn).toBeLessThan(3_000)
})

test('several runs have a colour and a name each; validation is dashed', () => {
  const option = lossCurve({ runs: [run('a', 100), run('b', 100)], scale: 'log', smoothing: 'some', words }, lightTheme)
  const series = seriesOf(option)
  expect(option.legend).toMatchObject({ data: ['a', 'b'] })
  expect(option.yAxis).toMatchObject({ type: 'log' })
  const lines = series.filter(({ lineStyle }) => lineStyle)
  expect(new Set(lines.filter(({ name }) => name === 'a').map(({ lineStyle }) => lineStyle!.color))).toEqual(
    new Set([lightTheme.runs[0]])
  )
  expect(new Set(lines.filter(({ name }) => name === 'b').map(({ lineStyle }) => lineStyle!.color))).toEqual(
    new Set([lightTheme.runs[1]])
  )
  expect(lines.filter(({ lineStyle }) => lineStyle!.type === 'dashed').map(({ data }) => data.length)).toEqual([2, 2])
})

test('checkpoints lie on the curve', () => {
  const series = seriesOf(lossCurve({ runs: [run('a', 100)], scale: 'linear', smoothing: 'none', words }, lightTheme))
  expect(series.find(({ id }) => id.endsWith('checkpoints'))!.data).toEqual([[50, 1 + 3 / 50]])
})

test('the axis reaches to the run’s end while it goes on, else to its last step', () => {
  const option = (until?: number) =>
    lossCurve({ runs: [{ ...run('a', 100), ...(until && { until }) }], scale: 'linear', words }, lightTheme)
  expect(option().xAxis).toMatchObject({ max: 100 })
  expect(option(2_000).xAxis).toMatchObject({ max: 2_000 })
})

test('the tooltip says the newest values up to a step', () => {
  const option = lossCurve({ runs: [run('a', 100)], scale: 'linear', smoothing: 'none', words }, lightTheme)
  const { formatter } = option.tooltip as { formatter: (marked: unknown) => string }
  expect(formatter([{ axisValue: 3 }])).toBe('step 3\ntraining 2.00\nvalidation 4.00')
})

test('the marked step is a line of its own, and goes', () => {
  const option = lossCurve({ runs: [run('a', 100)], scale: 'linear', words }, lightTheme)
  const mark = (step: number | null) => seriesOf(withStep(option, step, lightTheme)).at(-1)!.markLine!.data
  expect(mark(40)).toEqual([{ xAxis: 40 }])
  expect(mark(null)).toEqual([])
})

test('the table holds every step, however few are drawn', () => {
  const lines = lossCsv([run('a, b', 10_000)])
    .trimEnd()
    .split('\r\n')
  expect(lines).toHaveLength(1 + 10_000 + 2)
  expect(lines[0]).toBe('run,split,step,loss')
  expect(lines[1]).toBe('"a, b",train,1,4')
})
