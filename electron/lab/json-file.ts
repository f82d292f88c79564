/** JSON files of the user: written whole or not at all, set aside when damaged. */
import { readFile } from 'node:fs/promises'
import writeFileAtomic from 'write-file-atomic'
import { setAside } from '../training/damaged-file.ts'

/** Writes through a temporary file, a flush and a rename. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(value, null, 2)}\n`)
}

/**
 * Reads a JSON file and checks it.
 * @param check turns the parsed value into what is wanted, or throws
 * @returns the value; undefined when there is no file, or when it was damaged and has been set aside
 */
export async function readJson<T>(path: string, check: (value: unknown) => T): Promise<T | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  try {
    return check(JSON.parse(text))
  } catch {
    await setAside(path)
    return undefined
  }
}
