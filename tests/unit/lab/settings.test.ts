import { mkdtemp, readFile, readdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { SettingsFile, defaultSettings } from '../../../electron/lab/settings.ts'

const folder = () => mkdtemp(join(tmpdir(), 'gptlab-settings-'))

describe('settings', () => {
  it('speaks the system’s language where the lab does', () => {
    expect(defaultSettings('zh-Hans-CN').language).toBe('zh-CN')
    expect(defaultSettings('en-GB').language).toBe('en')
    expect(defaultSettings('fr').language).toBe('en')
  })

  it('is there again after the lab was closed, with what was not chosen by default', async () => {
    const path = await folder()
    const settings = await SettingsFile.open(path)
    await Promise.all([settings.set({ theme: 'dark' }), settings.set({ threads: 3 })])
    expect((await SettingsFile.open(path)).get()).toEqual({ ...defaultSettings(), theme: 'dark', threads: 3 })
  })

  it.each(['{"theme":"da', '{"theme":"purple"}', 'null'])(
    'sets a damaged file %s aside and goes on with the defaults',
    async text => {
      const path = await folder()
      await writeFile(join(path, 'settings.json'), text)
      expect((await SettingsFile.open(path)).get()).toEqual(defaultSettings())
      const names = await readdir(path)
      expect(names).toHaveLength(1)
      expect(names[0]).toMatch(/^settings\.json\.damaged-/)
      expect(await readFile(join(path, names[0]!), 'utf8')).toBe(text)
    }
  )
})
