import { readFile, writeFile, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readFixture } from '../../../../electron/lab/parity/fixture.ts'
import { samplingParity } from '../../../../electron/lab/parity/sampling.ts'

const fixtures = join(import.meta.dirname, '../../../fixtures')
const path = join(fixtures, 'sampling-parity.json')

async function check(text: string) {
  const changed = join(await mkdtemp(join(tmpdir(), 'gptlab-parity-')), 'changed')
  await writeFile(changed, text)
  const fixture = await readFixture(changed)
  return samplingParity((fixture as Extract<typeof fixture, { kind: 'sampling' }>).file)
}

interface Case {
  stages: Record<string, number[]>
}

describe('sampling against Hugging Face transformers', () => {
  it('agrees after every stage of every case', async () => {
    const quantities = await check(await readFile(path, 'utf8'))
    expect(quantities.map(({ name, ok }) => [name, ok])).toEqual([
      ['order', true],
      ['raw', true],
      ['repetition-penalty', true],
      ['no-repeat-ngram', true],
      ['temperature', true],
      ['top-k', true],
      ['top-p', true]
    ])
    expect(Math.max(...quantities.map(({ maxError }) => maxError))).toBeLessThan(1e-9)
  })

  it.each(['raw', 'repetition_penalty', 'no_repeat_ngram', 'temperature', 'top_k', 'top_p'])(
    'fails when one expected probability of %s is another',
    async stage => {
      const file = JSON.parse(await readFile(path, 'utf8')) as { cases: Case[] }
      file.cases[17]!.stages[stage]![3]! += 1e-7
      const wrong = (await check(JSON.stringify(file))).filter(({ ok }) => !ok)
      expect(wrong.map(({ name }) => name.replaceAll('-', '_'))).toEqual([stage])
    }
  )

  it('fails when the file has another order, or lacks a stage', async () => {
    const file = JSON.parse(await readFile(path, 'utf8')) as { order: string[]; cases: Case[] }
    const swapped = { ...file, order: file.order.toReversed() }
    expect((await check(JSON.stringify(swapped))).find(({ name }) => name === 'order')!.ok).toBe(false)
    delete file.cases[5]!.stages['top_k']
    expect((await check(JSON.stringify(file))).find(({ name }) => name === 'top-k')!.maxError).toBe(Infinity)
  })
})

describe('reference files', () => {
  it('are known by what they hold', async () => {
    const kindOf = async (name: string) => (await readFixture(join(fixtures, name))).kind
    expect(await kindOf('sampling-parity.json')).toBe('sampling')
    expect(await kindOf('gpt-parity.safetensors')).toBe('gpt')
    expect(await kindOf('baby-gpt-1337.safetensors')).toBe('baby-gpt')
  })

  it.each([
    ['no file', undefined, 'fixture-unreadable'],
    ['an empty file', '', 'fixture-unreadable'],
    ['no JSON', '{"cases": [', 'fixture-unreadable'],
    ['other JSON', '{"ppo": {}}', 'fixture-unknown'],
    ['a torn safetensors file', '\u0010F\0\0\0\0\0\0{"', 'safetensors-damaged'],
    ['other weights', '\u0002\0\0\0\0\0\0\0{}', 'fixture-unknown']
  ])('that are %s are named failures', async (_, text, code) => {
    const folder = await mkdtemp(join(tmpdir(), 'gptlab-parity-'))
    if (text !== undefined) await writeFile(join(folder, 'file'), text)
    await expect(readFixture(join(folder, 'file'))).rejects.toMatchObject({ code })
  })
})
