/** A trained model as a folder in the form in which models come with the lab. */
import { cp, mkdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import type { Figure } from '../contract/atlas.ts'
import { LabFailure } from '../contract/failure.ts'
import { halvesOf } from '../graph/half.ts'
import { decodeSafetensors, encodeSafetensors, type StoredValues, type Tensor } from '../graph/safetensors.ts'
import { snapshotFolder } from '../training/snapshots.ts'
import { readCard } from './model-folder.ts'
import type { LoadedModel } from './loaded-model.ts'

/**
 * Writes a model in half precision, half the bytes, with its card and, where it has some, the snapshots of its
 * training. What belongs to the run on this machine, its name and its speed, is left out.
 * @param figures measured on held-out data, for the card
 * @throws LabFailure `model-foreign` for a model that was not trained here
 */
export async function shipModel(
  { directory, config }: Pick<LoadedModel, 'directory' | 'config'>,
  folder: string,
  figures: readonly Figure[]
): Promise<void> {
  if (config.form !== 'lab')
    throw new LabFailure('model-foreign', 'Expected a model that was trained in this lab but this one was imported.')
  await mkdir(folder, { recursive: true })
  const write = (name: string, content: Buffer | string) => writeFileAtomic(join(folder, name), content)
  const { tensors } = decodeSafetensors(await readFile(join(directory, 'model.safetensors')))
  const halves = new Map<string, Tensor<StoredValues>>(
    [...tensors].map(([name, { shape, values }]) => [
      name,
      { shape, values: values instanceof Float32Array ? halvesOf(values) : values }
    ])
  )
  await write('model.safetensors', Buffer.from(encodeSafetensors(halves, { format: 'pt' })))
  await cp(join(directory, 'tokenizer.json'), join(folder, 'tokenizer.json'))
  const { run: _run, tokensPerSecond: _speed, origin: _origin, ...card } = await readCard(directory)
  await write('card.json', `${JSON.stringify({ ...card, ...(figures.length > 0 && { figures }) }, null, 2)}\n`)
  const { gptlab, ...architecture } = config.config
  const { run: _, ...own } = gptlab
  await write('config.json', `${JSON.stringify({ ...architecture, gptlab: own }, null, 2)}\n`)
  const snapshots = snapshotFolder(directory)
  if (await stat(snapshots).catch(() => undefined)) await cp(snapshots, snapshotFolder(folder), { recursive: true })
}
