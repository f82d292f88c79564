import { spawnSync } from 'node:child_process'
import { mkdtemp, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { lockHolder, lockRun } from '../../../electron/training/run-lock.ts'

let path: string
beforeEach(async () => {
  path = join(await mkdtemp(join(tmpdir(), 'gptlab-lock-')), 'lock.json')
})

describe('run lock', () => {
  it('is held by one at a time', async () => {
    const lock = await lockRun(path, 'a')
    expect(await lockHolder(path)).toBe(process.pid)
    await expect(lockRun(path, 'a')).rejects.toMatchObject({ code: 'run-locked', details: { process: process.pid } })
    await lock.release()
    expect(await lockHolder(path)).toBeUndefined()
    await (await lockRun(path, 'a')).release()
  })

  it('lets one of many win', async () => {
    const tries = await Promise.allSettled(Array.from({ length: 8 }, () => lockRun(path, 'a')))
    expect(tries.filter(attempt => attempt.status === 'fulfilled')).toHaveLength(1)
    for (const attempt of tries) if (attempt.status === 'fulfilled') await attempt.value.release()
  })

  it('is nobody’s when its process was killed', async () => {
    const dead = spawnSync(process.execPath, ['-e', 'process.stdout.write(String(process.pid))'], { encoding: 'utf8' })
    await writeFile(path, JSON.stringify({ process: Number(dead.stdout), token: 'x' }))
    expect(await lockHolder(path)).toBeUndefined()
    await (await lockRun(path, 'a')).release()
  })

  it('is nobody’s when its number belongs to another process after a restart of the machine', async () => {
    await writeFile(path, JSON.stringify({ process: process.ppid, token: 'x' }))
    const hourAgo = new Date(Date.now() - 3_600_000)
    await utimes(path, hourAgo, hourAgo)
    expect(await lockHolder(path)).toBeUndefined()
    await (await lockRun(path, 'a')).release()
  })

  it('is nobody’s when a kill tore it', async () => {
    await writeFile(path, '{"process":')
    await (await lockRun(path, 'a')).release()
  })
})
