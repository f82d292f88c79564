import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildCommandLine, type CommandLine } from './command-line.ts'

let gptlab: CommandLine
beforeAll(async () => void (gptlab = await buildCommandLine()))
afterAll(() => gptlab.remove())

interface Listed {
  readonly sets: readonly { readonly id: string; readonly items: number; readonly sha256: string }[]
}

describe('gptlab data', { timeout: 120_000 }, () => {
  it('lists, previews and exports a data set with its licence', async () => {
    const [listed] = (await gptlab.json(['data'])) as unknown as [Listed]
    const prompts = listed.sets.find(({ id }) => id === 'prompts')!
    const [preview] = await gptlab.json(['data', 'preview', 'prompts', '--from', '1', '--count', '2'])
    expect(preview).toMatchObject({
      set: 'prompts',
      from: 1,
      total: prompts.items,
      items: [{ split: 'train' }, { split: 'train' }]
    })

    const folder = join(gptlab.home, 'exported')
    const [exported] = (await gptlab.json(['data', 'export', 'prompts', folder])) as [{ file: string }]
    const lines = await readFile(exported.file)
    expect(createHash('sha256').update(lines).digest('hex')).toBe(prompts.sha256)
    expect(await readFile(join(folder, 'prompts.md'), 'utf8')).toMatch(/Open Database License 1\.0.*mledoze/s)
  })

  it('names the sets when one is asked for that is none', async () => {
    const { code, errors } = await gptlab.run(['data', 'preview', 'nonsense'])
    expect(code).toBe(1)
    expect(errors).toMatch(/no data set nonsense.*demonstrations/)
  })

  it('says what is wrong with a file of prompts', async () => {
    const words = ['compare', '--models', 'sonnets-char', '--json', '--prompts']
    expect(JSON.parse((await gptlab.run([...words, 'nowhere.txt'])).errors)).toMatchObject({ code: 'prompts-unknown' })
  })
})
