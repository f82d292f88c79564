import { describe, expect, it } from 'vitest'
import { lightTheme } from '../../../../renderer/charts/chart-theme.ts'
import {
  stageChange,
  stagesCsv,
  stagesWaterfall,
  waterfallHead,
  type StagesWaterfall
} from '../../../../renderer/charts/stages-waterfall.ts'

const data: StagesWaterfall = {
  rows: [
    { id: 7, text: ' a' },
    { id: 9, text: 'b' }
  ],
  others: 3,
  width: 700,
  rowHeight: 24,
  stages: [
    { title: 'Raw', setting: '5', entropy: '1 bit', active: true, probabilities: [0.64, 0.16], rest: 0.2 },
    { title: 'Top-k', setting: '1', entropy: '0 bit', active: true, probabilities: [1, 0], rest: 0 }
  ],
  words: { cut: 'cut', more: count => `${count} more` }
}
interface Bar {
  readonly data: readonly { readonly value: number; readonly name?: string }[]
}
const series = (index: number) => (stagesWaterfall(data, lightTheme).series as unknown as readonly Bar[])[index]!

describe('what a stage did to a token', () => {
  it('is marked where it can be seen', () => {
    expect(stageChange(undefined, 0.5)).toBe('same')
    expect(stageChange(0.2, 0.3)).toBe('up')
    expect(stageChange(0.3, 0.2)).toBe('down')
    expect(stageChange(0.3, 0.31)).toBe('same')
    expect(stageChange(0.0001, 0.0004)).toBe('same')
    expect(stageChange(0.3, 0)).toBe('cut')
    expect(stageChange(0, 0)).toBe('gone')
  })
})

describe('the waterfall', () => {
  it('draws a bar of length √p for each row and the rest, in each stage', () => {
    const [raw, topK] = [series(0).data, series(2).data]
    expect(raw.map(({ value }) => value)).toEqual([0.8, 0.4, Math.sqrt(0.2)])
    expect(topK.map(({ value }) => value)).toEqual([1, 0, 0])
  })

  it('names the change of each row', () => {
    expect(series(3).data.map(({ name }) => name)).toEqual(['up', 'cut', 'cut'])
  })

  it('leaves the rest out where every token is a row', () => {
    const all = stagesWaterfall({ ...data, others: 0 }, lightTheme).series as unknown as readonly Bar[]
    expect(all[0]!.data).toHaveLength(2)
  })

  it('puts entropy on its own line where columns are narrow', () => {
    expect(waterfallHead(300, lightTheme)).toBeGreaterThan(waterfallHead(700, lightTheme))
  })

  it('saves every digit, spaces kept', () => {
    expect(stagesCsv(data)).toBe('id,token,Raw,Top-k\r\n7," a",0.64,1\r\n9,b,0.16,0\r\n,(3 more),0.2,0\r\n')
  })
})
