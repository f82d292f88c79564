/** Every failure that the sources can throw has a text in Chinese; the languages agree on their keys and values. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import * as en from '../../../../renderer/i18n/en/index.ts'
import * as zh from '../../../../renderer/i18n/zh-CN/index.ts'

const root = join(import.meta.dirname, '../../../..')

/** Places where a code stands in the sources: thrown in TypeScript or C++, as data, or said of a recipe. */
const places = [/\b(?:Lab)?Failure\(\s*['"]([a-z0-9-]+)['"]/g, /\bcode: '([a-z0-9-]+)'/g, /\bsay\(\s*'[^']*',\s*'([a-z0-9-]+)'/g]

function codesInSources(): Map<string, string> {
  const found = new Map<string, string>()
  for (const folder of ['electron', 'renderer'])
    for (const name of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })) {
      if (!/\.(ts|vue|cc|h)$/.test(name) || /[\\/]build[\\/]|i18n[\\/]/.test(name)) continue
      const text = readFileSync(join(root, folder, name), 'utf8')
      for (const place of places) for (const [, code] of text.matchAll(place)) found.set(code!, `${folder}/${name}`)
    }
  return found
}

/** Every text with its dotted key. */
function texts(value: object, prefix = ''): Map<string, string> {
  const found = new Map<string, string>()
  for (const [key, inner] of Object.entries(value)) {
    const path = prefix ? `${prefix}.${key}` : key
    if (typeof inner === 'string') found.set(path, inner)
    else for (const [deeper, text] of texts(inner as object, path)) found.set(deeper, text)
  }
  return found
}
const valuesOf = (text: string) => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!))].sort()

describe('texts of failures', () => {
  const codes = codesInSources()

  it('finds the codes in TypeScript, C++ and data', () => {
    for (const code of ['model-unknown', 'engine-memory', 'connection-lost', 'graph-heads', 'import-no-folder'])
      expect(codes.has(code), code).toBe(true)
  })

  it('has a Chinese text of what happened for every code', () => {
    const without = [...codes].filter(([code]) => !(zh.failures as Record<string, { what?: string }>)[code]?.what)
    expect(without).toEqual([])
  })

  it('says in Chinese whatever it says in English', () => {
    const chinese = texts(zh.failures)
    expect([...texts(en.failures).keys()].filter(key => !chinese.has(key))).toEqual([])
  })
})

describe('both languages', () => {
  const { failures: _, ...english } = en
  const { failures: __, ...chinese } = zh
  const [inEnglish, inChinese] = [texts(english), texts(chinese)]

  it('have the same keys', () => {
    expect([...inChinese.keys()].sort()).toEqual([...inEnglish.keys()].sort())
  })

  it('name the same values in every text', () => {
    const different = [...inEnglish]
      .filter(([key, text]) => String(valuesOf(text)) !== String(valuesOf(inChinese.get(key) ?? '')))
      .map(([key, text]) => `${key}: ${valuesOf(text)} and ${valuesOf(inChinese.get(key) ?? '')}`)
    expect(different).toEqual([])
  })

  it('leave no text empty, and no sentence in the other language', () => {
    const words = (text: string) => text.replaceAll(/\{\w+\}/g, '')
    const wrong = [...inChinese].filter(
      ([key, text]) => text === '' || (text === inEnglish.get(key) && /[a-z]{2,}\s+[a-z]{2,}/.test(words(text)))
    )
    expect(wrong).toEqual([])
  })
})
