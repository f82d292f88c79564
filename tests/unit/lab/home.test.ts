import { mkdtemp, readdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { homeFolder, openHome } from '../../../electron/lab/home.ts'

describe('home', () => {
  it('is where each platform keeps application data', () => {
    expect(homeFolder({}, 'linux', '/home/ada')).toBe('/home/ada/.local/share/gpt-lab')
    expect(homeFolder({ XDG_DATA_HOME: '/data' }, 'linux', '/home/ada')).toBe('/data/gpt-lab')
    expect(homeFolder({}, 'darwin', '/Users/ada')).toBe('/Users/ada/Library/Application Support/GPT Lab')
    expect(homeFolder({ APPDATA: '/AppData/Roaming' }, 'win32', '/Users/ada')).toBe('/AppData/Roaming/GPT Lab')
  })

  it('is wherever GPTLAB_HOME says, on every platform', () => {
    for (const platform of ['linux', 'darwin', 'win32'] as const)
      expect(homeFolder({ GPTLAB_HOME: '/class/lab' }, platform, '/home/ada')).toBe('/class/lab')
  })

  it('makes its folders and can be opened again', async () => {
    const root = join(await mkdtemp(join(tmpdir(), 'gptlab-home-')), 'new', 'lab')
    await openHome(root)
    await openHome(root)
    expect((await readdir(root)).sort()).toEqual(['cache', 'corpora', 'exports', 'models', 'runs', 'trash'])
  })

  it('says what to do when it cannot be written', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'gptlab-home-')), 'file')
    await writeFile(file, '')
    await expect(openHome(file)).rejects.toMatchObject({ code: 'home-not-writable', details: { folder: file } })
  })
})
