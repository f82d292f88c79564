/** Names of folders that every file system takes. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'

/** Names that Windows keeps for devices. */
const reserved = /^(con|prn|aux|nul|com\d|lpt\d)$/i

/** A name as a folder name: letters, digits, dots and hyphens, at most 60 characters. */
export function folderNameFor(name: string): string {
  const slug = name
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}.]+/gu, '-')
    .replaceAll(/^[-.]+|[-.]+$/g, '')
    .slice(0, 60)
  return slug === '' || reserved.test(slug) ? `x-${slug}` : slug
}

/** A folder name that is free inside `folder`: the name itself, or with -2, -3 … */
export async function freeName(folder: string, name: string): Promise<string> {
  for (let i = 1; ; i++) {
    const candidate = i === 1 ? name : `${name}-${i}`
    if (!(await stat(join(folder, candidate)).catch(() => undefined))) return candidate
  }
}
