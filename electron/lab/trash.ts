/** The lab's trash: what was deleted can be brought back. */
import { mkdir, readdir, rename, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import * as v from 'valibot'
import { LabFailure } from '../contract/failure.ts'
import type { Home } from './home.ts'
import { readJson, writeJson } from './json-file.ts'

/** A deleted thing's folder in the trash: `origin.json` and the thing itself under `item/`. */
const OriginSchema = v.object({ room: v.picklist(['models', 'runs', 'corpora']), name: v.string() })
type Room = v.InferOutput<typeof OriginSchema>['room']

/**
 * Moves files or folders of one room into the trash.
 * @param names names in the room's folder
 * @returns handle for `restoreFromTrash`
 */
export async function moveToTrash(home: Home, room: Room, name: string, names: readonly string[] = [name]): Promise<string> {
  const id = `${room}-${new Date().toISOString().replaceAll(/[:.]/g, '-')}-${name}`
  const item = join(home.trash, id, 'item')
  await mkdir(item, { recursive: true })
  await writeJson(join(home.trash, id, 'origin.json'), { room, name })
  for (const file of names) await rename(join(home[room], file), join(item, file))
  return id
}

/**
 * Brings a deleted thing back to where it was.
 * @returns its name in the room
 * @throws LabFailure `trash-unknown`, `trash-taken` (something else has its place now)
 */
export async function restoreFromTrash(home: Home, room: Room, id: string): Promise<string> {
  const folder = join(home.trash, basename(id))
  const origin =
    dirname(folder) === home.trash && basename(id) === id
      ? await readJson(join(folder, 'origin.json'), value => v.parse(OriginSchema, value))
      : undefined
  if (!origin || origin.room !== room)
    throw new LabFailure('trash-unknown', `The trash has no ${id}. It may have been brought back already.`, { trash: id })
  const names = await readdir(join(folder, 'item'))
  for (const name of names)
    if (await stat(join(home[room], name)).catch(() => undefined))
      throw new LabFailure(
        'trash-taken',
        `${name} cannot be brought back: something else has its place. Rename or delete that first.`,
        { name }
      )
  for (const name of names) await rename(join(folder, 'item', name), join(home[room], name))
  // What is left is an empty folder with a note; a second undo then says that there is nothing.
  await rename(join(folder, 'origin.json'), join(folder, 'restored.json'))
  return origin.name
}
