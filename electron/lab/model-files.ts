/** Files of a model that come from somewhere else: which are taken, and where they may go. */
import { LabFailure } from '../contract/failure.ts'

/** A file offered for import: a path relative to the model's folder, and its size. */
export interface OfferedFile {
  readonly path: string
  readonly bytes: number
}

const known =
  /^(config|generation_config|tokenizer|tokenizer_config|special_tokens_map|card)\.json$|^README\.md$|^model\.safetensors$|^onnx\/[\w.-]+\.onnx(_data(_\d+)?)?$/
const mostJsonBytes = 64 * 2 ** 20
const mostBytes = 16 * 2 ** 30

/**
 * Chooses the files that make a model and says where each goes inside its folder. A folder that all paths
 * share (as when a folder is dropped) is left out; files that no model needs are not taken.
 * @returns target path by offered path, with forward slashes
 * @throws LabFailure `import-path` for a path that leaves the folder, `import-too-large`, `import-incomplete`
 */
export function chooseModelFiles(files: readonly OfferedFile[]): ReadonlyMap<string, string> {
  const clean = files.map(file => ({ ...file, parts: safeParts(file.path) }))
  const top = clean[0]?.parts[0]
  const shared = clean.every(file => file.parts.length > 1 && file.parts[0] === top) && top !== 'onnx' ? 1 : 0
  const chosen = new Map<string, string>()
  let total = 0
  for (const file of clean) {
    const target = file.parts.slice(shared).join('/')
    if (!known.test(target)) continue
    total += file.bytes
    if (total > mostBytes || (/\.(json|md)$/.test(target) && file.bytes > mostJsonBytes))
      throw new LabFailure(
        'import-too-large',
        `Expected a model of at most ${mostBytes / 2 ** 30} GB with JSON files of at most 64 MB, but ${file.path} goes beyond that.`,
        { path: file.path }
      )
    chosen.set(file.path, target)
  }
  const targets = new Set(chosen.values())
  const lacks = ['config.json', 'tokenizer.json'].filter(name => !targets.has(name))
  if (![...targets].some(name => name === 'model.safetensors' || name.endsWith('.onnx')))
    lacks.push('model.safetensors or onnx/model.onnx')
  if (lacks.length > 0)
    throw new LabFailure(
      'import-incomplete',
      `Expected a model's folder but it lacks ${lacks.join(', ')}. Choose the folder that holds config.json.`,
      { lacks: lacks.join(', ') }
    )
  return chosen
}

/** Parts of a relative path. Windows' separators, drives, device names and streams count as well, on every platform. */
function safeParts(path: string): string[] {
  const parts = path.split(/[\\/]/)
  const bad = parts.some(part => part === '' || part === '.' || part === '..' || /[:\0]/.test(part))
  if (bad)
    throw new LabFailure('import-path', `Expected paths inside the model's folder but received ${JSON.stringify(path)}.`, {
      path
    })
  return parts
}
