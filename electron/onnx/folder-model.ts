/**
 * A decoder in the Hugging Face ONNX layout, run as it is: files of the folder's `onnx/` as Optimum and
 * transformers.js write them.
 *
 * | files | how they run |
 * | --- | --- |
 * | model.onnx | past in, present out; the first run has an empty past |
 * | decoder_model_merged.onnx, model_merged.onnx | the same, with `use_cache_branch` saying which branch runs |
 * | decoder_model.onnx, decoder_with_past_model.onnx | the first run without a past, the others with it |
 *
 * GPT-2-like and LLaMA-like models differ in what the inputs' shapes say: heads of keys and values (grouped
 * queries have fewer than the model has heads) and their width.
 */
import { access, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { InferenceSession } from 'onnxruntime-node'
import { LabFailure } from '../contract/failure.ts'
import type { ModelSizes } from '../contract/models.ts'
import type { OpenedModel, OpenFile } from './opened-model.ts'
import { PresentStreams, type PresentModel } from './present-streams.ts'

export interface FolderSource {
  readonly kind: 'folder'
  /** The folder with config.json. */
  readonly directory: string
  readonly sizes: Pick<ModelSizes, 'layers' | 'heads' | 'channels' | 'context' | 'vocabulary'>
}

/** Whole models, the most exact first. */
const single = ['model.onnx', 'model_merged.onnx', 'decoder_model_merged.onnx']
const pair = ['decoder_model.onnx', 'decoder_with_past_model.onnx'] as const

/**
 * Opens the files of a folder. Of several, float32 wins.
 * @throws LabFailure `model-incomplete` when no file can be used, `model-inputs` when a file wants what a decoder has not
 */
export async function openFolder({ directory, sizes }: FolderSource, open: OpenFile): Promise<OpenedModel> {
  if (sizes.context === 0)
    throw new LabFailure(
      'model-config',
      'The model’s config.json cannot be used: it says neither n_positions nor max_position_embeddings.',
      { reason: 'n_positions' }
    )
  const { first, next, file } = await chooseFiles(join(directory, 'onnx'))
  const session = await open(first)
  const later = next === undefined ? session : await open(next)
  const model = describe(session, later, sizes)
  return {
    context: sizes.context,
    vocabulary: sizes.vocabulary,
    weights: /fp16|f16/.test(file) ? 'fp16' : /int8|q8|quantized/.test(file) ? 'int8' : 'fp32',
    // What its authors chose is not known from outside.
    attention: 'decomposed',
    streams: () => new PresentStreams(model)
  }
}

async function chooseFiles(folder: string): Promise<{ first: string; next?: string; file: string }> {
  const files = (await readdir(folder).catch((): string[] => [])).filter(name => name.endsWith('.onnx')).sort()
  const whole = single.find(name => files.includes(name))
  if (whole) return { first: join(folder, whole), file: whole }
  if (pair.every(name => files.includes(name)))
    return { first: join(folder, pair[0]), next: join(folder, pair[1]), file: pair[0] }
  const other = files.find(name => /^(decoder_)?model_/.test(name) && !name.includes('with_past'))
  if (!other)
    throw new LabFailure(
      'model-incomplete',
      `Expected onnx/model.onnx, onnx/decoder_model_merged.onnx, or onnx/decoder_model.onnx with onnx/decoder_with_past_model.onnx, but found ${files.join(', ') || 'no ONNX file'}.`,
      { found: files.join(', ') }
    )
  await access(join(folder, other))
  return { first: join(folder, other), file: other }
}

/** Inputs that are filled; a model that wants another one is no decoder of text alone. */
const known = /^(input_ids|attention_mask|position_ids|use_cache_branch|past_key_values\.\d+\.(key|value))$/

function describe(first: InferenceSession, later: InferenceSession, sizes: FolderSource['sizes']): PresentModel {
  const strange = [...first.inputNames, ...later.inputNames].find(name => !known.test(name))
  const past = later.inputMetadata.find(input => input.name === 'past_key_values.0.key')
  if (strange !== undefined || !past?.isTensor || !later.outputNames.includes('present.0.key'))
    throw new LabFailure(
      'model-inputs',
      strange === undefined
        ? 'Expected a decoder exported with past key values (past_key_values.N in, present.N out) but this one has none. Export it with its cache, for example with optimum’s task text-generation-with-past.'
        : `Expected a decoder of text but the model wants an input ${strange}. Choose a decoder-only model.`,
      { input: strange ?? 'past_key_values.0.key' }
    )
  const [, heads, , headSize] = past.shape
  return {
    first,
    later,
    merged: first.inputNames.includes('use_cache_branch'),
    layers: later.inputNames.filter(name => /^past_key_values\.\d+\.key$/.test(name)).length,
    heads: typeof heads === 'number' ? heads : sizes.heads,
    headSize: typeof headSize === 'number' ? headSize : sizes.channels / sizes.heads,
    type: past.type === 'float16' ? 'float16' : 'float32',
    context: sizes.context
  }
}
