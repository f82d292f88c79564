/** Numbers as people type them. */
import { expect, test } from 'vitest'
import { typedNumber, written } from '../../../../../renderer/rooms/training/typed-number.ts'

test.each([
  ['0.001', 0.001],
  ['1e-3', 0.001],
  ['2,000', 2000],
  ['1,234,567.5', 1234567.5],
  ['0,5', 0.5],
  [' 1 000 ', 1000],
  ['-3', -3]
])('%s is %d', (text, value) => expect(typedNumber(text)).toBe(value))

test.each(['', '   ', 'abc', '1e', '1.2.3', 'Infinity', '1e999'])('“%s” is no number', text =>
  expect(typedNumber(text)).toBeNull()
)

test('what is written is read back as the same number', () => {
  for (const value of [0, 1, 0.1, 0.001, 1e-4, 3e-4, 1e-8, 2.5e-10, 1337, 4294967295, -0.5])
    expect(typedNumber(written(value))).toBe(value)
  expect(written(1e-8)).toBe('1e-8')
})
