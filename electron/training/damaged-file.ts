/** Damaged files are named and set aside, never overwritten. */
import { rename } from 'node:fs/promises'

/**
 * Renames a damaged file (or folder) to `<name>.damaged-<time>`.
 * @returns the new path
 */
export async function setAside(path: string): Promise<string> {
  const aside = `${path}.damaged-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`
  await rename(path, aside)
  return aside
}
