/** `gptlab data`: lists Atlas' data sets, shows some of one, and writes one into a folder. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { DataItem } from '../contract/atlas.ts'
import { call, print, printJson, withLab, type CommonOptions } from './command.ts'
import { style, table, thousands } from './terminal.ts'

export async function listData({ json }: CommonOptions): Promise<void> {
  await withLab({}, async lab => {
    const data = await call(lab, 'data.list', undefined)
    if (json) return printJson(data)
    print(
      table([
        ['set', 'items', 'bytes', 'sha-256', ''],
        ...data.sets.map(({ id, items, bytes, sha256, purpose }) => [
          id,
          thousands(items),
          thousands(bytes),
          sha256.slice(0, 12),
          purpose
        ])
      ])
    )
    print(`\n${style.strong('Pretraining mixture')}`)
    print(
      table([
        ['documents', 'share', 'epochs', 'number', 'characters'],
        ...data.mixture.map(({ kind, weight, epochs, documents, characters }) => [
          kind,
          `${(weight * 100).toFixed(1)} %`,
          epochs.toFixed(2),
          thousands(documents),
          thousands(characters)
        ])
      ])
    )
  })
}

interface PreviewOptions extends CommonOptions {
  readonly from: number
  readonly count: number
}

export async function previewData(set: string, { from, count, json }: PreviewOptions): Promise<void> {
  await withLab({}, async lab => {
    const { total, items } = await call(lab, 'data.preview', { set, from, count })
    if (json) return printJson({ set, from, total, items })
    print(style.quiet(`${thousands(total)} items in ${set}, from ${thousands(from)}`))
    for (const item of items) print(`\n${shown(item)}`)
  })
}

function shown(item: DataItem): string {
  return Object.entries(item)
    .map(([key, value]) => `${style.quiet(`${key}:`)} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
    .join('\n')
}

export async function exportData(set: string, directory: string, { json }: CommonOptions): Promise<void> {
  await withLab({}, async lab => {
    const { lines, card } = await call(lab, 'data.export', { set })
    const folder = resolve(directory)
    await mkdir(folder, { recursive: true })
    const file = join(folder, `${set}.jsonl`)
    await writeFile(file, lines)
    await writeFile(join(folder, `${set}.md`), card)
    if (json) return printJson({ kind: 'exported', set, file, bytes: lines.length })
    print(`${style.strong(set)} was written to ${file}, with its licence beside it.`)
  })
}
