import { describe, expect, it } from 'vitest'
import { bits, equalChoices, percent, short } from '../../../../renderer/charts/numbers.ts'
import { bytes, clock, compact, durationParts, loss } from '../../../../renderer/design/numbers.ts'

/** With ordinary spaces, so that they can be read here. */
const plain = (text: string) => text.replaceAll('\u00a0', ' ')

describe('a probability', () => {
  it.each([
    [0, '0 %'],
    [1e-9, '<0.01 %'],
    [0.0001, '0.01 %'],
    [0.0099, '0.99 %'],
    [0.00996, '1.0 %'],
    [0.622, '62.2 %'],
    [0.9994, '99.9 %'],
    [0.9996, '99.96 %'],
    [0.999999, '>99.99 %'],
    [1, '100 %']
  ])('%d is %s', (p, text) => expect(plain(percent(p))).toBe(text))

  it('is never 0 % unless impossible, never 100 % unless certain', () => {
    for (let exponent = 1; exponent < 11; exponent++) {
      expect(plain(percent(10 ** -exponent))).not.toMatch(/^0(\.0*)? %/)
      expect(plain(percent(1 - 10 ** -exponent))).not.toMatch(/^100/)
    }
  })
})

describe('other numbers', () => {
  it('entropy is never minus zero, and its perplexity reads as choices', () => {
    expect(plain(bits(-0))).toBe('0.00 bit')
    expect(equalChoices(1.71)).toBe('3.3')
    expect(equalChoices(10)).toBe('1,024')
  })
  it('rates and norms keep what counts', () => {
    expect([0, 0.0006, 0.001, 1.5, 12.34, 31240].map(short)).toEqual(['0', '6.00e-4', '0.001', '1.50', '12.3', '31,240'])
  })
  it('sizes do not fall between their units', () => {
    expect([999, 999_600, 1_000_000, 10_700_000].map(value => plain(compact(value)))).toEqual(['999', '1 M', '1 M', '10.7 M'])
    expect([94_000, 1_250_000, 12].map(value => plain(bytes(value)))).toEqual(['94 kB', '1.25 MB', '12 B'])
  })
  it('times roll over', () => {
    expect([41, 725, 3723, -3].map(clock)).toEqual(['0:41', '12:05', '1:02:03', '0:00'])
    expect(durationParts(0.4).unit).toBe('soon')
    expect(durationParts(89)).toEqual({ unit: 'seconds', values: { s: 89 } })
    expect(durationParts(5400)).toEqual({ unit: 'hours', values: { h: 1, m: 30 } })
    expect(durationParts(200_000)).toEqual({ unit: 'days', values: { d: 2, h: 7 } })
  })
  it('a loss that is none is a dash', () => {
    expect([1.88, 12.3456, Number.NaN].map(loss)).toEqual(['1.8800', '12.35', '–'])
  })
})
