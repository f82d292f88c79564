import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { openHome, type Home } from '../../../electron/lab/home.ts'
import { moveToTrash, restoreFromTrash } from '../../../electron/lab/trash.ts'

let home: Home
beforeEach(async () => {
  home = await openHome(await mkdtemp(join(tmpdir(), 'gptlab-trash-')))
  await mkdir(join(home.models, 'mine'))
  await writeFile(join(home.models, 'mine', 'config.json'), '{}')
})

describe('trash', () => {
  it('gives back what was deleted, once', async () => {
    const id = await moveToTrash(home, 'models', 'mine')
    await expect(readFile(join(home.models, 'mine', 'config.json'))).rejects.toThrow()
    expect(await restoreFromTrash(home, 'models', id)).toBe('mine')
    expect(await readFile(join(home.models, 'mine', 'config.json'), 'utf8')).toBe('{}')
    await expect(restoreFromTrash(home, 'models', id)).rejects.toMatchObject({ code: 'trash-unknown' })
  })

  it('never overwrites what has taken the place since', async () => {
    const id = await moveToTrash(home, 'models', 'mine')
    await mkdir(join(home.models, 'mine'))
    await writeFile(join(home.models, 'mine', 'config.json'), 'new')
    await expect(restoreFromTrash(home, 'models', id)).rejects.toMatchObject({ code: 'trash-taken' })
    expect(await readFile(join(home.models, 'mine', 'config.json'), 'utf8')).toBe('new')
  })

  it('does not reach outside the trash or into another room', async () => {
    const id = await moveToTrash(home, 'models', 'mine')
    for (const bad of ['../models', '..', '', '.', `../trash/${id}`, `${id}/item`])
      await expect(restoreFromTrash(home, 'models', bad)).rejects.toMatchObject({ code: 'trash-unknown' })
    await expect(restoreFromTrash(home, 'runs', id)).rejects.toMatchObject({ code: 'trash-unknown' })
  })
})
