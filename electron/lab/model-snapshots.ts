/**
 * Policies as they were: `<id of a model>@<step>` is the model at that step of its training, where a snapshot was
 * kept. It is opened, asked and compared like any other; its folder is made in the cache when it is first wanted.
 */
import { createHash } from 'node:crypto'
import { copyFile, mkdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { LabFailure } from '../contract/failure.ts'
import { encodeSafetensors } from '../graph/safetensors.ts'
import { readSnapshot, snapshotFolder } from '../training/snapshots.ts'
import { readCard } from './model-folder.ts'
import type { LoadedModel } from './loaded-model.ts'

/** What a handle of a snapshot says; undefined for any other handle. */
export function snapshotOf(id: string): { readonly model: string; readonly step: number } | undefined {
  const [, model, step] = /^(.+)@(\d{1,9})$/.exec(id) ?? []
  return model !== undefined && step !== undefined ? { model, step: Number(step) } : undefined
}

/**
 * Makes the folder of a snapshot, unless it is there.
 * @param directory of the model that training ended with
 * @param load reads the model that training started from
 * @param cache folder for what can be made again
 * @returns the folder
 * @throws LabFailure `snapshot-unknown`; `snapshot-start` when the model that training started from is another now; those of `load`
 */
export async function openSnapshot(
  { directory, step, cache }: { readonly directory: string; readonly step: number; readonly cache: string },
  load: (id: string) => Promise<LoadedModel>
): Promise<string> {
  // The file's stamp and not its bytes: this is asked for at every call.
  const { mtimeMs, size } = await stat(join(directory, 'model.safetensors'))
  const key = createHash('sha256').update(`${directory} ${mtimeMs} ${size}`).digest('hex').slice(0, 24)
  const folder = join(cache, 'snapshots', `${key}-${step}`)
  if (await stat(join(folder, 'config.json')).catch(() => undefined)) return folder
  const card = await readCard(directory)
  if (!card.from) throw new LabFailure('snapshot-unknown', 'This model has not kept any step of its training.', { step })
  const start = await load(card.from.id)
  if (start.key !== card.from.sha256 || start.config.form !== 'lab')
    throw new LabFailure(
      'snapshot-start',
      `Steps of this model's training are kept as changes of ${card.from.name}, but that model has other weights now. Bring it back as it was.`,
      { model: card.from.name }
    )
  const parameters = await readSnapshot(snapshotFolder(directory), step, start.parameters!)
  const shapes = new Map(start.config.graph.parameters.map(({ name, shape }) => [name, shape]))
  const tensors = new Map([...parameters].map(([name, values]) => [name, { shape: shapes.get(name)!, values }]))
  // What was measured at the end says nothing of a step.
  const { figures: _, metrics: __, curve: ___, trainLoss: ____, validationLoss: _____, ...rest } = card
  await mkdir(folder, { recursive: true })
  await writeFileAtomic(join(folder, 'model.safetensors'), Buffer.from(encodeSafetensors(tensors, { format: 'pt' })))
  await writeFileAtomic(
    join(folder, 'card.json'),
    `${JSON.stringify({ ...rest, name: `${card.name ?? ''}@${step}`, steps: step }, null, 2)}\n`
  )
  await copyFile(join(directory, 'tokenizer.json'), join(folder, 'tokenizer.json'))
  // Last: a folder counts as a model once it has a configuration.
  await writeFileAtomic(join(folder, 'config.json'), await readFile(join(directory, 'config.json')))
  return folder
}
