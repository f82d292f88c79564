/** The page's texts: both languages say the same things with the same values. Failures have a test of their own. */
import { expect, test } from 'vitest'
import * as en from '../../../renderer/i18n/en/index.ts'
import * as zh from '../../../renderer/i18n/zh-CN/index.ts'

function leaves(texts: object, path = ''): Map<string, string> {
  return new Map(
    Object.entries(texts).flatMap(([key, inner]) =>
      typeof inner === 'string' ? [[`${path}${key}`, inner] as const] : [...leaves(inner as object, `${path}${key}.`)]
    )
  )
}
const but = ({ failures: _, ...texts }: typeof en | typeof zh) => texts
const english = leaves(but(en))
const chinese = leaves(but(zh))
const places = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort()

test('every text stands in both languages', () => {
  expect(english.size).toBeGreaterThan(100)
  expect([...chinese.keys()].sort()).toEqual([...english.keys()].sort())
})

test('no text is empty, and Chinese names no value that English does not', () => {
  for (const [key, text] of english) {
    expect(text.trim(), key).not.toBe('')
    expect(chinese.get(key)!.trim(), key).not.toBe('')
    expect(places(text), key).toEqual(expect.arrayContaining(places(chinese.get(key)!)))
  }
})
