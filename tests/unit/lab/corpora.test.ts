import { createHash } from 'node:crypto'
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import type { CorpusSummary } from '../../../electron/contract/training.ts'
import { Corpora } from '../../../electron/lab/corpora.ts'
import { EventHub } from '../../../electron/lab/events.ts'
import { openHome, type Home } from '../../../electron/lab/home.ts'
import { findResources } from '../../../electron/lab/resources.ts'

let home: Home
let corpora: Corpora
let announced: (readonly string[])[]
const open = () => {
  const events = new EventHub()
  announced = []
  events.subscribe((event, payload) => {
    if (event === 'corpora') announced.push((payload as { corpora: readonly CorpusSummary[] }).corpora.map(row => row.id))
  })
  return new Corpora(home, findResources(), events)
}
beforeEach(async () => {
  home = await openHome(await mkdtemp(join(tmpdir(), 'gptlab-corpora-')))
  corpora = open()
})
const bytesOf = (text: string) => new TextEncoder().encode(text)
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const ids = async () => (await corpora.list()).map(row => row.id)

describe('shipped texts', () => {
  it('are the sonnets, Moby-Dick, Atlas and the baby GPT’s sequence', async () => {
    const rows = await corpora.list()
    expect(rows.map(({ id, origin, documents }) => [id, origin, documents])).toEqual([
      ['sonnets', 'shipped', 154],
      ['moby-dick', 'shipped', 136],
      ['atlas', 'shipped', expect.any(Number)],
      ['bits', 'shipped', 1]
    ])
    for (const row of rows) expect([row.characters > 0, row.licence.length > 0, row.title.length > 0]).toEqual([true, true, true])
  })

  it('are read as documents', async () => {
    const sonnets = await corpora.read('sonnets')
    // All sonnets have fourteen lines, but the 99th has fifteen and the 126th twelve.
    expect(sonnets.documents.map(sonnet => sonnet.split('\n').length)).toEqual(
      Array.from({ length: 154 }, (_, i) => (i === 98 ? 15 : i === 125 ? 12 : 14))
    )
    expect(sonnets.documents[17]).toMatch(/^Shall I compare thee to a summer's day\?\nThou art more lovely and more temperate:\n/)
    expect(sonnets.documents[153]).toMatch(/\nLove's fire heats water, water cools not love\.$/)

    const chapters = (await corpora.read('moby-dick')).documents
    expect(chapters[0]).toMatch(/^CHAPTER 1\. Loomings\.\n\nCall me Ishmael\. Some years ago—never mind how long precisely—/)
    expect(chapters.slice(0, 135).map(chapter => Number(/^CHAPTER (\d+)\b/.exec(chapter)?.[1]))).toEqual(
      Array.from({ length: 135 }, (_, i) => i + 1)
    )
    expect(chapters[135]).toMatch(/^Epilogue/)
    const { documents } = await corpora.read('atlas')
    expect(documents.length).toBeGreaterThan(30_000)
    expect(documents.filter(document => sonnets.documents.includes(document)).length).toBeGreaterThan(154)
    expect((await corpora.read('bits')).documents).toEqual(['111101111011110'])
  })

  it('cannot be deleted', async () => {
    await expect(corpora.delete('sonnets')).rejects.toMatchObject({ code: 'corpus-shipped' })
  })
})

describe('added texts', () => {
  it('are found again under the name of the file', async () => {
    const text = 'First Citizen:\nSpeak, speak.\n'
    const row = await corpora.add('tinyshakespeare.txt', bytesOf(text))
    expect(row).toEqual({
      id: 'tinyshakespeare',
      title: 'tinyshakespeare',
      origin: 'added',
      characters: text.length,
      bytes: text.length,
      documents: 1,
      licence: 'Added by you',
      sha256: sha256(text),
      excerpt: text
    })
    expect(announced).toEqual([['sonnets', 'moby-dick', 'atlas', 'bits', 'tinyshakespeare']])
    expect(await readFile(join(home.corpora, 'tinyshakespeare.txt'), 'utf8')).toBe(text)

    corpora = open()
    expect((await corpora.list()).at(-1)).toEqual(row)
    expect(await corpora.read('tinyshakespeare')).toEqual({
      id: 'tinyshakespeare',
      title: 'tinyshakespeare',
      licence: 'Added by you',
      sha256: sha256(text),
      documents: [text]
    })
  })

  it('are counted by characters and bytes, in any script', async () => {
    const row = await corpora.add('唐詩 三百首.txt', bytesOf('床前明月光，\n<|endoftext|>\n疑是地上霜。🌕\n'))
    expect(row).toMatchObject({
      id: '唐詩-三百首',
      title: '唐詩 三百首',
      characters: 6 + 1 + 13 + 1 + 7 + 1,
      documents: 2,
      excerpt: '床前明月光，'
    })
    expect((await corpora.read(row.id)).documents).toEqual(['床前明月光，', '疑是地上霜。🌕'])
  })

  it('never replace another text: a name that is taken is counted up', async () => {
    const rows = [
      await corpora.add('a.txt', bytesOf('one')),
      await corpora.add('a.txt', bytesOf('two')),
      await corpora.add('sonnets.txt', bytesOf('three')),
      await corpora.add('../../evil.txt', bytesOf('four')),
      await corpora.add('con.txt', bytesOf('five'))
    ]
    expect(rows.map(row => row.id)).toEqual(['a', 'a-2', 'sonnets-2', 'evil', 'x-con'])
    for (const [i, word] of ['one', 'two', 'three', 'four', 'five'].entries())
      expect((await corpora.read(rows[i]!.id)).documents).toEqual([word])
    expect((await readdir(home.corpora)).length).toBe(10)
  })

  it('are not taken twice', async () => {
    const row = await corpora.add('a.txt', bytesOf('one'))
    expect(await corpora.add('a.txt', bytesOf('\uFEFFone'))).toEqual(row)
    expect(await ids()).toEqual(['sonnets', 'moby-dick', 'atlas', 'bits', 'a'])
  })

  it('leave nothing behind when they are refused', async () => {
    await expect(corpora.add('a.txt', Uint8Array.of(0x61, 0xff))).rejects.toMatchObject({
      code: 'text-not-utf8',
      details: { offset: 1 }
    })
    await expect(corpora.add('a.txt', bytesOf('\n'))).rejects.toMatchObject({ code: 'text-empty' })
    expect(await readdir(home.corpora)).toEqual([])
  })

  it('go to the trash and come back', async () => {
    const row = await corpora.add('a.txt', bytesOf('one'))
    const { trash } = await corpora.delete('a')
    expect(await ids()).toEqual(['sonnets', 'moby-dick', 'atlas', 'bits'])
    await expect(corpora.read('a')).rejects.toMatchObject({ code: 'corpus-unknown' })
    expect(await corpora.restore(trash)).toEqual(row)
    expect((await corpora.read('a')).documents).toEqual(['one'])
    await expect(corpora.restore(trash)).rejects.toMatchObject({ code: 'trash-unknown' })
  })

  it('survive a record that is damaged, missing or of another text', async () => {
    const row = await corpora.add('a.txt', bytesOf('one'))
    const record = join(home.corpora, 'a.json')
    await writeFile(record, '{"format":1,')
    expect(await corpora.list()).toContainEqual(row)
    expect((await readdir(home.corpora)).some(name => name.startsWith('a.json.damaged-'))).toBe(true)
    await rm(record)
    expect(await corpora.list()).toContainEqual(row)
    await writeFile(join(home.corpora, 'a.txt'), 'another text')
    expect(await corpora.list()).toContainEqual({
      ...row,
      characters: 12,
      bytes: 12,
      sha256: sha256('another text'),
      excerpt: 'another text'
    })
  })

  it('that are no text any more are named when they are read', async () => {
    await corpora.add('a.txt', bytesOf('one'))
    await writeFile(join(home.corpora, 'a.txt'), Buffer.from([0x61, 0xff, 0xfe, 0x61]))
    expect(await ids()).toEqual(['sonnets', 'moby-dick', 'atlas', 'bits'])
    await expect(corpora.read('a')).rejects.toMatchObject({ code: 'text-not-utf8', details: { name: 'a.txt', offset: 1 } })
  })

  it.each(['', 'nothing', '../settings', '..', 'a/b', 'a\\b', '/etc/passwd'])('are unknown under %j', async id => {
    await expect(corpora.read(id)).rejects.toMatchObject({ code: 'corpus-unknown', details: { corpus: id } })
    await expect(corpora.delete(id)).rejects.toMatchObject({ code: 'corpus-unknown' })
  })
})
