import { describe, expect, it } from 'vitest'
import { lightTheme } from '../../../../renderer/charts/chart-theme.ts'
import { axisEnd, barText, nextTokenBars, nextTokenCsv } from '../../../../renderer/charts/next-token-bars.ts'
import { rowLabel } from '../../../../renderer/charts/row-labels.ts'
import { monoWidth } from '../../../../renderer/charts/token-text.ts'

const words = { cut: (p: string) => `${p} before`, more: (count: number) => `${count} more`, drawn: (n: number) => `${n}×` }
const data = {
  rows: [
    { id: 1, text: 'ay', raw: 0.5, final: 0.9 },
    { id: 2, text: '\n', raw: 0.3, final: 0.1, drawn: 2 },
    { id: 3, text: 'x', raw: 0.1, final: 0 }
  ],
  rest: { count: 61, raw: 0.1, final: 0 },
  width: 420,
  rowHeight: 25,
  words
}
interface Bar {
  readonly name: string
  readonly data: readonly { readonly value: number }[]
}

describe('the next-token bars', () => {
  it('draw final and raw over each other, the rest last', () => {
    const series = nextTokenBars(data, lightTheme).series as unknown as readonly Bar[]
    const values = Object.fromEntries(series.map(({ name, data: bars }) => [name, bars.map(({ value }) => value)]))
    expect(values).toEqual({ final: [0.9, 0.1, 0, 0], raw: [0.5, 0.3, 0.1, 0.1], label: [0.9, 0.3, 0.1, 0.1] })
  })

  it('show a line break as a sign', () => {
    expect(rowLabel(data.rows[1]!.text)).toBe('⏎')
  })

  it('say what was cut, and how often it was drawn', () => {
    const plain = (text: string) => text.replaceAll('\u00a0', ' ')
    expect(plain(barText(data.rows[0]!, words))).toBe('90.0 %')
    expect(plain(barText(data.rows[1]!, words))).toBe('10.0 %  2×')
    expect(plain(barText(data.rows[2]!, words))).toBe('10.0 % before')
  })

  it('save every digit', () => {
    expect(nextTokenCsv(data)).toBe('id,token,raw,final\r\n1,ay,0.5,0.9\r\n2,"\n",0.3,0.1\r\n3,x,0.1,0\r\n,(61 more),0.1,0\r\n')
  })
})

describe('the end of the axis', () => {
  it('leaves room for every bar and the text behind it', () => {
    for (const plot of [120, 300, 600])
      for (const value of [0.001, 0.02, 0.4, 0.999]) {
        const label = '12.3 % before'
        const end = axisEnd([{ value, label }], plot, 6)
        const room = plot - (monoWidth(label) + 2) * 6
        if (room > plot * 0.15) expect((value / end) * plot).toBeLessThanOrEqual(room + 1e-9)
      }
  })

  it('goes in steps, so that bars stand still while a value moves a little', () => {
    expect(axisEnd([{ value: 0.3, label: 'x' }], 400, 6)).toBe(axisEnd([{ value: 0.301, label: 'x' }], 400, 6))
  })
})
