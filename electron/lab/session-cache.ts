/** Folders of exported sessions in the lab's cache, one for each set of weights; what can be made again is not kept for ever. */
import { readdir, rm, stat, utimes, mkdir } from 'node:fs/promises'
import { join } from 'node:path'

/** Folders that are kept, the last used. */
const most = 24

/** Folders of this cache are named by the hash of the weights. */
const named = /^[0-9a-f]{64}$/

/** The folder for a model's exported files, marked as used; those that have not been used for longest go. */
export async function sessionFolder(cache: string, key: string): Promise<string> {
  const folder = join(cache, key)
  await mkdir(folder, { recursive: true })
  const now = new Date()
  await utimes(folder, now, now)
  const folders = await Promise.all(
    (await readdir(cache))
      .filter(name => named.test(name))
      .map(async name => ({ name, used: (await stat(join(cache, name)).catch(() => undefined))?.mtimeMs ?? 0 }))
  )
  const old = folders.sort((a, b) => b.used - a.used).slice(most)
  // One that another process has open stays where the system does not let it go.
  await Promise.all(old.map(({ name }) => rm(join(cache, name), { recursive: true, force: true }).catch(() => {})))
  return folder
}
