/** `gptlab models`, `import` and `export`. */
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { ModelSummary } from '../contract/models.ts'
import type { Lab } from '../lab/lab.ts'
import { call, print, printJson, withLab, type CommonOptions } from './command.ts'
import { style, table, thousands } from './terminal.ts'

/**
 * The model that a person means: by its id, its folder's name, its name (the newest of several), or a folder's path.
 * @throws LabFailure `model-unknown`, or what is wrong with the folder
 */
export async function findModel(lab: Lab, asked: string): Promise<ModelSummary> {
  const isFolder = await stat(resolve(asked)).then(
    entry => entry.isDirectory(),
    () => false
  )
  try {
    return await lab.models.find(asked)
  } catch (error) {
    // What looks like a path is told that there is no such folder, and not that there is no such model.
    if (isFolder || /[\\/]/.test(asked)) return await lab.models.openDirectory(resolve(asked))
    throw error
  }
}

/** Name of a model's folder, which is its alone; several may share what a person reads as their name. */
function folderOf(id: string): string {
  return id.slice(id.indexOf(':') + 1)
}

export async function models({ json }: CommonOptions): Promise<void> {
  await withLab({}, async lab => {
    const list = await call(lab, 'models.list', undefined)
    if (json) return printJson({ models: list })
    if (list.length === 0) return print('No models yet. gptlab train --recipe sonnets-char makes one.')
    print(
      table([
        ['model', 'name', 'kind', 'origin', 'parameters', 'layers', 'heads', 'channels', 'context', 'vocabulary', ''],
        ...list.map(({ id, name, kind, origin, sizes, problem }) => [
          folderOf(id),
          name,
          kind,
          origin,
          thousands(sizes.parameters),
          String(sizes.layers),
          String(sizes.heads),
          thousands(sizes.channels),
          thousands(sizes.context),
          thousands(sizes.vocabulary),
          problem?.message ?? ''
        ])
      ])
    )
  })
}

export async function importModel(directory: string, { json }: CommonOptions): Promise<void> {
  await withLab({}, async lab => {
    const model = await lab.models.importDirectory(resolve(directory))
    if (json) return printJson({ kind: 'imported', model })
    print(`${style.strong(model.name)} is in the lab: ${thousands(model.sizes.parameters)} parameters.`)
  })
}

export async function exportModel(asked: string, directory: string, { json }: CommonOptions): Promise<void> {
  await withLab({}, async lab => {
    const model = await findModel(lab, asked)
    const written = await lab.models.exportDirectory(model.id, resolve(directory))
    if (json) return printJson({ kind: 'exported', model: model.id, directory: written })
    print(`${style.strong(model.name)} was written to ${written}`)
  })
}
