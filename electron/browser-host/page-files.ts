/** The built page's files, and nothing outside their folder. */
import { readFile } from 'node:fs/promises'
import { extname, join, relative, resolve, sep } from 'node:path'

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm'
}

export interface PageFile {
  readonly type: string
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** The file at a URL path (`/` is the page itself), or null when there is none of that name or its kind is not served. */
export async function pageFile(directory: string, urlPath: string): Promise<PageFile | null> {
  const path = pathInside(directory, urlPath === '/' ? '/index.html' : urlPath)
  const type = path && types[extname(path)]
  if (!path || !type) return null
  try {
    return { type, bytes: new Uint8Array(await readFile(path)) }
  } catch {
    return null
  }
}

/** Where a URL path lies in a folder; null when it leaves the folder or cannot be a name. */
export function pathInside(directory: string, urlPath: string): string | null {
  let name: string
  try {
    name = decodeURIComponent(urlPath)
  } catch {
    return null
  }
  if (name.includes('\0') || name.includes('\\')) return null
  const path = resolve(join(directory, name))
  const inside = relative(directory, path)
  return inside === '' || inside === '..' || inside.startsWith(`..${sep}`) ? null : path
}
