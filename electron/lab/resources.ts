/** What comes with the lab: shipped models, recipes and texts. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LabFailure } from '../contract/failure.ts'

export interface Resources {
  /** Shipped models, a folder each. */
  readonly models: string
  readonly recipes: string
  readonly texts: string
  /** The lab's version. */
  readonly version: string
}

/**
 * Finds what is shipped: in a packaged application under `process.resourcesPath`, else in the checkout or
 * installed package that this file belongs to (as source or built into `out/main`).
 * @throws LabFailure `resources-missing`
 */
export function findResources(from = dirname(fileURLToPath(import.meta.url))): Resources {
  const packaged = (process as { resourcesPath?: string }).resourcesPath
  if (packaged && existsSync(join(packaged, 'models', 'recipes')))
    return {
      models: join(packaged, 'models'),
      recipes: join(packaged, 'models', 'recipes'),
      texts: join(packaged, 'texts'),
      version: versionAbove(from)
    }
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json')) && existsSync(join(folder, 'models', 'recipes')))
      return {
        models: join(folder, 'models'),
        recipes: join(folder, 'models', 'recipes'),
        texts: join(folder, 'electron', 'corpora', 'texts'),
        version: versionAbove(folder)
      }
    if (dirname(folder) === folder)
      throw new LabFailure(
        'resources-missing',
        `Expected the lab's models and recipes beside its program but found none above ${from}. Install the lab again.`,
        { from }
      )
  }
}

/** Version in the nearest package.json; a packaged application keeps it inside its archive. */
function versionAbove(from: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    const manifest = join(folder, 'package.json')
    if (existsSync(manifest)) {
      const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version?: string }
      if (version) return version
    }
    if (dirname(folder) === folder) return '0.0.0'
  }
}
