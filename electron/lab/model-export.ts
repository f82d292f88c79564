/** A model as a folder in the Hugging Face ONNX layout, for other programs and for other labs. */
import { cp, mkdir, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { LabFailure } from '../contract/failure.ts'
import { exportInWorker } from '../onnx/onnx-session.ts'
import type { LoadedModel } from './loaded-model.ts'
import { filesOf } from './model-folder.ts'

/**
 * Writes config.json, generation_config.json, tokenizer.json, tokenizer_config.json, onnx/model.onnx (cached form,
 * float32), model.safetensors and card.json; a model that came in this layout is copied as it is. The folder is
 * there whole or not at all.
 * @param directory a folder that is not there yet, or an empty one
 * @throws LabFailure `export-folder` when something stands there already, and those of the exporter
 */
export async function exportModel(model: LoadedModel, directory: string): Promise<void> {
  const found = await readdir(directory).catch(() => undefined)
  if (found && found.length > 0)
    throw new LabFailure(
      'export-folder',
      `Expected a new or empty folder but ${directory} holds ${found.length} files. Choose another name.`,
      { path: directory, count: found.length }
    )
  const partial = join(dirname(directory), `.exporting-${process.pid}-${basename(directory)}`)
  try {
    await mkdir(partial, { recursive: true })
    await fill(model, partial)
    if (found) await rmdir(directory)
    await rename(partial, directory)
  } finally {
    await rm(partial, { recursive: true, force: true })
  }
}

async function fill({ directory, config, endTokens, tokenizer }: LoadedModel, folder: string): Promise<void> {
  const kept = config.form === 'lab' ? ['config.json', 'tokenizer.json', 'card.json', 'model.safetensors'] : undefined
  for (const { name } of await filesOf(directory))
    if (kept?.includes(name) ?? true) await cp(join(directory, name), join(folder, name))
  if (config.form !== 'lab') return
  const json = (name: string, value: unknown) => writeFile(join(folder, name), `${JSON.stringify(value, null, 2)}\n`)
  const [end] = endTokens
  await json('generation_config.json', end === undefined ? {} : { bos_token_id: end, eos_token_id: end, pad_token_id: end })
  await json('tokenizer_config.json', {
    tokenizer_class: 'PreTrainedTokenizerFast',
    model_max_length: config.sizes.context,
    clean_up_tokenization_spaces: false,
    ...(end !== undefined && { bos_token: tokenizer.text(end), eos_token: tokenizer.text(end) })
  })
  await exportInWorker({
    graph: config.graph,
    weightsFile: join(directory, 'model.safetensors'),
    // What judges texts is not decoded.
    form: config.head === 'language' ? 'cached' : 'full',
    attention: config.config.gptlab.attention,
    path: join(folder, 'onnx', 'model.onnx')
  })
}
