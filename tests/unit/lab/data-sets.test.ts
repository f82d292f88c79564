import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { AtlasData } from '../../../electron/lab/data-sets.ts'
import { findResources } from '../../../electron/lab/resources.ts'
import { readComparisons } from '../../../electron/corpora/preferences.ts'

const data = new AtlasData(findResources())

describe('data sets of Atlas', { timeout: 60_000 }, () => {
  it('are listed with counts and hashes of exactly what is exported', async () => {
    const { sets, mixture } = await data.list()
    expect(sets.map(({ id }) => id)).toEqual([
      'documents',
      'demonstrations',
      'prompts',
      'held-out-prompts',
      'held-out-comparisons',
      'reviews',
      'held-out-reviews'
    ])
    for (const { id, items, bytes, sha256, licence } of sets) {
      const lines = await data.lines(id)
      expect([lines.length, createHash('sha256').update(lines).digest('hex')]).toEqual([bytes, sha256])
      expect(lines.toString('utf8').split('\n').length - 1).toBe(items)
      expect(licence).toMatch(/Open Database License/)
      const card = await data.card(id)
      expect(card).toContain(sha256)
      expect(card).toContain(licence)
    }
    expect(mixture.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 10)
    // The same from another lab: seeded.
    expect((await new AtlasData(findResources()).list()).sets).toEqual(sets)
  })

  it('are previewed item by item', async () => {
    const { total, items } = await data.preview('prompts', 2, 3)
    expect(items).toHaveLength(3)
    expect(total).toBeGreaterThan(600)
    expect((await data.preview('prompts', 0, 5)).items.slice(2)).toEqual(items)
    expect((await data.preview('prompts', total, 5)).items).toEqual([])
  })

  it('have comparisons in the format of comparisons.jsonl', async () => {
    const text = (await data.lines('held-out-comparisons')).toString('utf8')
    expect(readComparisons(text, 'exported')).toHaveLength(500)
  })

  it('are named when one is asked for that is none', async () => {
    for (const id of ['nonsense', 'constructor'])
      await expect(data.lines(id)).rejects.toMatchObject({ code: 'data-set-unknown', details: { set: id } })
  })
})
