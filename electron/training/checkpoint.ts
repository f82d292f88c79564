/**
 * Checkpoints: everything a run needs to go on with the same bits.
 *
 * A checkpoint is two files in the run's `checkpoints` folder: `step-<n>.safetensors` with the parameters
 * and both moments, and `step-<n>.json` with the step, the random state and the hash of the first. Each is
 * written to a temporary file, flushed and renamed; the JSON comes last, and without it the checkpoint does
 * not count. Two generations are kept. One that is damaged is set aside and the one before it is used.
 */
import { createHash } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import * as v from 'valibot'
import type { TrainingState } from '../engine/plan.ts'
import { decodeSafetensors, encodeSafetensorsHeader } from '../graph/safetensors.ts'
import type { RandomState } from '../sampling/random.ts'
import { setAside } from './damaged-file.ts'

export interface Checkpoint {
  /** Steps of the run. */
  readonly step: number
  /** Models that the run trains, by name; the one that comes out is `model`. */
  readonly states: Readonly<Record<string, TrainingState>>
  /** Seconds of training so far, pauses left out. */
  readonly seconds: number
  /** Generator that draws the batches. */
  readonly random: RandomState
  /** What a stage remembers besides weights, as JSON. */
  readonly memory?: unknown
}

const word = v.pipe(v.string(), v.regex(/^[0-9a-f]{1,16}$/))
const count = v.pipe(v.number(), v.integer(), v.minValue(0))
const RecordSchema = v.object({
  format: v.literal(1),
  step: count,
  seconds: v.pipe(v.number(), v.minValue(0)),
  random: v.tuple([word, word, word, word]),
  /** Updates of each model, by name. */
  updates: v.optional(v.record(v.string(), count)),
  memory: v.optional(v.unknown()),
  weights: v.object({ bytes: count, sha256: v.string() })
})

/** Tensors of the model that comes out have no more before their names; those of others have the model's. */
const prefixOf = (model: string) => (model === 'model' ? '' : `${model}/`)

/** Names of the tensor groups in the file, by the field of the state. */
const groups = [
  ['parameters', 'parameter'],
  ['firstMoments', 'first-moment'],
  ['secondMoments', 'second-moment']
] as const

const generations = 2
/** Hashing and writing go in pieces, so that the event loop stays free. */
const pieceBytes = 1 << 20

const nameOf = (step: number) => `step-${String(step).padStart(9, '0')}`

/** Shapes of the tensors, by parameter name; the engine knows only their sizes. The models of one run share them. */
export type Shapes = ReadonlyMap<string, readonly number[]>

/** Writes a checkpoint and removes those older than the two newest. */
export async function saveCheckpoint(folder: string, checkpoint: Checkpoint, shapes: Shapes): Promise<void> {
  await mkdir(folder, { recursive: true })
  const { step, states, seconds, random, memory } = checkpoint
  const path = join(folder, nameOf(step))
  const tensors = Object.entries(states).flatMap(([model, state]) =>
    groups.flatMap(([field, group]) =>
      [...state[field]].map(([name, values]) => ({
        name: `${prefixOf(model)}${group}.${name}`,
        shape: shapes.get(name) ?? [values.length],
        values
      }))
    )
  )
  const pieces = [encodeSafetensorsHeader(tensors, { step: String(step) }), ...tensors.map(tensor => bytesOf(tensor.values))]
  const weights = await writeWhole(`${path}.safetensors`, pieces)
  const record: v.InferOutput<typeof RecordSchema> = {
    format: 1,
    step,
    seconds,
    random: [...random],
    updates: Object.fromEntries(Object.entries(states).map(([model, state]) => [model, state.step])),
    ...(memory !== undefined && { memory }),
    weights
  }
  await writeWhole(`${path}.json`, [new TextEncoder().encode(`${JSON.stringify(record, null, 2)}\n`)])
  await removeOld(folder)
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}

/** Temporary file, flush, rename, flush of the folder. */
async function writeWhole(path: string, pieces: readonly Uint8Array[]): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256')
  let bytes = 0
  const temporary = `${path}.tmp`
  const file = await open(temporary, 'w')
  try {
    for (const piece of pieces)
      for (let from = 0; from < piece.length; from += pieceBytes) {
        const part = piece.subarray(from, from + pieceBytes)
        hash.update(part)
        await writeAll(file, part)
        bytes += part.length
      }
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(temporary, path)
  await flushFolder(join(path, '..'))
  return { bytes, sha256: hash.digest('hex') }
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let from = 0; from < bytes.length;) from += (await file.write(bytes, from)).bytesWritten
}

/** A rename is durable once its folder is; Windows cannot flush a folder and needs not. */
async function flushFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Steps that have a checkpoint, newest first. */
async function savedSteps(folder: string): Promise<number[]> {
  const names = await readdir(folder).catch(() => [])
  return names
    .flatMap(name => /^step-(\d+)\.json$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => b - a)
}

async function removeOld(folder: string): Promise<void> {
  const kept = new Set((await savedSteps(folder)).slice(0, generations).map(nameOf))
  for (const name of await readdir(folder)) {
    const base = /^(step-\d+)\.(json|safetensors|json\.tmp|safetensors\.tmp)$/.exec(name)
    if (base && !kept.has(base[1]!)) await rm(join(folder, name), { force: true })
  }
}

/** What was found in a run's checkpoint folder. */
export interface FoundCheckpoint {
  /** The newest one that is whole; undefined when there is none. */
  readonly checkpoint: Checkpoint | undefined
  /** Damaged files, under the names they have now. */
  readonly damaged: readonly string[]
}

/** The newest whole checkpoint; damaged ones are set aside on the way to it. */
export async function loadCheckpoint(folder: string): Promise<FoundCheckpoint> {
  const damaged: string[] = []
  for (const step of await savedSteps(folder)) {
    const path = join(folder, nameOf(step))
    const checkpoint = await readCheckpoint(path, step)
    if (checkpoint) return { checkpoint, damaged }
    damaged.push(await setAside(`${path}.json`))
    if (await stat(`${path}.safetensors`).catch(() => undefined)) damaged.push(await setAside(`${path}.safetensors`))
  }
  return { checkpoint: undefined, damaged }
}

/** Reads one checkpoint; undefined when anything about it is not as it was written. */
async function readCheckpoint(path: string, step: number): Promise<Checkpoint | undefined> {
  const record = v.safeParse(RecordSchema, parseJson(await readFile(`${path}.json`, 'utf8')))
  if (!record.success || record.output.step !== step) return undefined
  const bytes = await readFile(`${path}.safetensors`).catch(() => undefined)
  if (!bytes || bytes.length !== record.output.weights.bytes || (await sha256(bytes)) !== record.output.weights.sha256)
    return undefined
  const { tensors } = decodeSafetensors(bytes)
  const { updates, seconds, random, memory } = record.output
  const group = (model: string, name: string) => {
    const prefix = `${prefixOf(model)}${name}.`
    return new Map(
      [...tensors].flatMap(([name, { values }]) =>
        name.startsWith(prefix) ? [[name.slice(prefix.length), values as Float32Array] as const] : []
      )
    )
  }
  const states = Object.fromEntries(
    Object.entries(updates ?? { model: step }).map(([model, updates]) => [
      model,
      {
        step: updates,
        parameters: group(model, 'parameter'),
        firstMoments: group(model, 'first-moment'),
        secondMoments: group(model, 'second-moment')
      }
    ])
  )
  return { step, states, seconds, random, ...(memory !== undefined && { memory }) }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function sha256(bytes: Uint8Array): Promise<string> {
  const hash = createHash('sha256')
  for (let from = 0; from < bytes.length; from += pieceBytes) {
    hash.update(bytes.subarray(from, from + pieceBytes))
    if (from % (16 * pieceBytes) === 0) await new Promise(setImmediate)
  }
  return hash.digest('hex')
}
