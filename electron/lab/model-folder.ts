/** One model's folder: reading it, checking it, writing it. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readFile, readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import * as v from 'valibot'
import writeFileAtomic from 'write-file-atomic'
import { LabFailure, failureOf } from '../contract/failure.ts'
import type { ModelKind, ModelOrigin, ModelSummary } from '../contract/models.ts'
import type { GptConfig } from '../graph/gpt.ts'
import { checkParameters, type Parameters } from '../graph/parameters.ts'
import { decodeSafetensors, encodeSafetensors } from '../graph/safetensors.ts'
import { endTokensOf, labModelConfig, readModelConfig, type ModelConfig } from './model-config.ts'

/** A field that is left out where it is of another type: a card may come from anywhere. */
const field = <T>(schema: v.GenericSchema<T>) => v.fallback(v.optional(schema), undefined)
const text = () => field(v.pipe(v.string(), v.maxLength(2000)))
const losses = v.array(v.number())

/** `card.json`: the card, the name the person sees, and where the model came from. */
const CardSchema = v.object({
  name: field(v.pipe(v.string(), v.minLength(1), v.maxLength(80))),
  origin: field(v.picklist(['trained', 'imported'])),
  /** ISO 8601. */
  created: field(v.pipe(v.string(), v.isoTimestamp())),
  run: text(),
  purpose: text(),
  data: text(),
  licence: text(),
  dataHash: text(),
  from: field(v.object({ id: v.string(), name: v.string(), sha256: v.string() })),
  metrics: field(v.record(v.string(), v.number())),
  figures: field(
    v.array(v.object({ name: v.string(), value: v.number(), low: v.number(), high: v.number(), count: v.number() }))
  ),
  recipe: v.optional(v.unknown()),
  seed: field(v.number()),
  steps: field(v.number()),
  trainLoss: field(v.number()),
  validationLoss: field(v.number()),
  tokensPerSecond: field(v.number()),
  machine: text(),
  curve: field(v.object({ steps: losses, train: losses, validation: v.array(v.nullable(v.number())) }))
})
export type StoredCard = Readonly<v.InferOutput<typeof CardSchema>>

/** A header names tensors; one this long is no header. */
const mostHeaderBytes = 100 * 2 ** 20

const noSizes = { layers: 0, heads: 0, channels: 0, context: 0, vocabulary: 0, parameters: 0 }

/** Names and sizes of all files of a folder, folders inside it included. */
export async function filesOf(folder: string, prefix = ''): Promise<{ name: string; bytes: number }[]> {
  const files: { name: string; bytes: number }[] = []
  for (const entry of await readdir(join(folder, prefix), { withFileTypes: true })) {
    const name = prefix ? `${prefix}/${entry.name}` : entry.name
    if (entry.isDirectory()) files.push(...(await filesOf(folder, name)))
    else if (entry.isFile()) files.push({ name, bytes: (await stat(join(folder, name))).size })
  }
  return files
}

/** A folder's card; empty where it has none that can be read. */
export async function readCard(folder: string): Promise<StoredCard> {
  try {
    const card = v.parse(CardSchema, JSON.parse(await readFile(join(folder, 'card.json'), 'utf8')))
    // Fields that were not there, or of another type, are left out and not undefined.
    return Object.fromEntries(Object.entries(card).filter(([, value]) => value !== undefined))
  } catch {
    return {}
  }
}

/**
 * A model's row, without reading its weights. A folder that is damaged gets a row too, with the problem.
 */
export async function summarise(id: string, folder: string, origin: ModelOrigin): Promise<ModelSummary> {
  const card = await readCard(folder)
  const files = await filesOf(folder)
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  const row = {
    id,
    name: card.name ?? basename(folder),
    origin: card.origin ?? origin,
    bytes,
    ...(card.run !== undefined && { run: card.run })
  }
  try {
    const config = await readConfig(folder)
    const created =
      (config.form === 'lab' ? config.config.gptlab.created : card.created) ?? (await stat(folder)).mtime.toISOString()
    if (config.form === 'lab') await checkWeightsFile(join(folder, 'model.safetensors'))
    else if (!files.some(file => file.name.endsWith('.onnx')))
      throw new LabFailure('model-incomplete', 'Expected onnx/model.onnx in the folder but found none.')
    if (!files.some(file => file.name === 'tokenizer.json'))
      throw new LabFailure('model-incomplete', 'Expected tokenizer.json in the folder but found none.')
    const writes = config.form !== 'lab' || config.head === 'language'
    return { ...row, kind: config.kind, sizes: config.sizes, created, writes, inspectable: writes && config.form === 'lab' }
  } catch (error) {
    return {
      ...row,
      kind: 'base',
      sizes: noSizes,
      created: card.created ?? new Date(0).toISOString(),
      writes: false,
      inspectable: false,
      problem: failureOf(error)
    }
  }
}

/**
 * Reads a folder's config.json.
 * @throws LabFailure `model-config`
 */
export async function readConfig(folder: string): Promise<ModelConfig> {
  try {
    return readModelConfig(JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')))
  } catch (error) {
    if (error instanceof LabFailure) throw error
    throw new LabFailure('model-config', `The model's config.json cannot be used: ${(error as Error).message}`, {
      reason: (error as Error).message
    })
  }
}

/** Sees whether a safetensors file is as long as its header says; cheap enough for a list. */
async function checkWeightsFile(path: string): Promise<void> {
  const file = await open(path).catch(() => undefined)
  if (!file) throw new LabFailure('model-incomplete', 'Expected model.safetensors in the folder but found none.')
  try {
    const { size } = await file.stat()
    const length = Buffer.alloc(8)
    await file.read(length, 0, 8, 0)
    const header = Number(length.readBigUInt64LE())
    if (size < 8 || header > Math.min(size - 8, mostHeaderBytes)) throw damagedWeights(path)
    const text = Buffer.alloc(header)
    await file.read(text, 0, header, 8)
    const entries = Object.entries(JSON.parse(text.toString('utf8')) as Record<string, { data_offsets?: [number, number] }>)
    const end = Math.max(0, ...entries.map(([, tensor]) => tensor.data_offsets?.[1] ?? 0))
    if (8 + header + end !== size) throw damagedWeights(path)
  } catch (error) {
    throw error instanceof LabFailure ? error : damagedWeights(path)
  } finally {
    await file.close()
  }
}

function damagedWeights(path: string): LabFailure {
  return new LabFailure('model-damaged', `${basename(path)} is damaged: its size is not what its header says.`, {
    file: basename(path)
  })
}

/**
 * The weights of a model of the lab, checked against its graph.
 * @throws LabFailure of the safetensors reader or of `checkParameters`
 */
export async function readWeights(folder: string, config: Extract<ModelConfig, { form: 'lab' }>): Promise<Parameters> {
  const { tensors } = decodeSafetensors(await readFile(join(folder, 'model.safetensors')))
  const parameters = new Map([...tensors].map(([name, tensor]) => [name, tensor.values as Float32Array]))
  checkParameters(config.graph, parameters)
  return parameters
}

const idsOf = (value: unknown): number[] =>
  [value].flat().filter((id): id is number => typeof id === 'number' && Number.isSafeInteger(id) && id >= 0)

/** Tokens that end a text, as generation_config.json names them, else config.json (`eos_token_id`, one or several). */
export async function readEndTokens(folder: string): Promise<readonly number[]> {
  for (const name of ['generation_config.json', 'config.json']) {
    const text = await readFile(join(folder, name), 'utf8').catch(() => undefined)
    if (text === undefined) continue
    try {
      const ids = idsOf((JSON.parse(text) as { eos_token_id?: unknown } | null)?.eos_token_id)
      if (ids.length > 0) return ids
    } catch {
      // config.json has been read before and is whole; a damaged generation_config.json only loses its hint.
    }
  }
  return []
}

/** SHA-256 of a file, hexadecimal, without holding up the event loop. */
export async function fileHash(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(piece as Buffer)
  return hash.digest('hex')
}

/** A model to be written. */
export interface NewModel {
  readonly model: GptConfig
  readonly parameters: Parameters
  /** tokenizer.json, as text. */
  readonly tokenizer: string
  readonly kind: ModelKind
  /** Names of the classes of a classifier. */
  readonly classes?: readonly string[]
  readonly card: StoredCard & { readonly created: string }
}

/** Writes the folder of a model of the lab; what stood there under these names is replaced, each file whole. */
export async function writeModelFolder(
  folder: string,
  { model, parameters, tokenizer, kind, classes, card }: NewModel,
  shapes: ReadonlyMap<string, readonly number[]>
): Promise<void> {
  await mkdir(folder, { recursive: true })
  const head = kind === 'reward' ? 'score' : classes ? 'classes' : 'language'
  const config = labModelConfig(model, endTokensOf(kind, tokenizer), {
    kind,
    head,
    ...(classes && { classes: [...classes] }),
    created: card.created,
    tokenizer: createHash('sha256').update(tokenizer).digest('hex'),
    ...(card.run !== undefined && { run: card.run })
  })
  const tensors = new Map([...parameters].map(([name, values]) => [name, { shape: shapes.get(name) ?? [values.length], values }]))
  await writeFileAtomic(join(folder, 'model.safetensors'), Buffer.from(encodeSafetensors(tensors, { format: 'pt' })))
  await writeFileAtomic(join(folder, 'tokenizer.json'), tokenizer)
  await writeFileAtomic(join(folder, 'card.json'), `${JSON.stringify(card, null, 2)}\n`)
  // Last: a folder counts as a model once it has a configuration.
  await writeFileAtomic(join(folder, 'config.json'), `${JSON.stringify(config, null, 2)}\n`)
}
