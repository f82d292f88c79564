/**
 * A run's folder:
 *
 *     recipe.json      what was asked for
 *     run.json         what it met: hash of the text, counts, engine, versions
 *     tokenizer.json   made from the text
 *     log.jsonl        what happened
 *     comparisons.jsonl  what a reward model or DPO learns from
 *     checkpoints/     the two newest states
 *     lock.json        there while a process trains the run
 */
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import * as v from 'valibot'
import writeFileAtomic from 'write-file-atomic'
import { LabFailure } from '../contract/failure.ts'
import type { Recipe } from '../contract/training.ts'
import { parseRecipe } from './recipe.ts'

export interface RunFolder {
  readonly id: string
  readonly path: string
  readonly recipe: string
  readonly record: string
  readonly tokenizer: string
  readonly comparisons: string
  readonly log: string
  readonly checkpoints: string
  readonly lock: string
}

/** Paths of a run; its id is the folder's name. */
export function runFolder(path: string): RunFolder {
  const at = (name: string) => join(path, name)
  return {
    id: basename(path),
    path,
    recipe: at('recipe.json'),
    record: at('run.json'),
    tokenizer: at('tokenizer.json'),
    comparisons: at('comparisons.jsonl'),
    log: at('log.jsonl'),
    checkpoints: at('checkpoints'),
    lock: at('lock.json')
  }
}

const count = v.pipe(v.number(), v.integer(), v.minValue(0))
/** What a run learns from; the hash is that of the text. */
const CorpusSchema = v.object({ id: v.string(), title: v.string(), licence: v.string(), sha256: v.string() })
export type RunCorpus = Readonly<v.InferOutput<typeof CorpusSchema>>

const RunRecordSchema = v.object({
  format: v.literal(1),
  name: v.string(),
  /** ISO 8601. */
  started: v.string(),
  /** Not there until the data have been gathered; nor are `tokens`. */
  corpus: v.optional(CorpusSchema),
  /** Model that a later stage started from; the hash is that of its weights. */
  from: v.optional(v.object({ id: v.string(), name: v.string(), sha256: v.string() })),
  /** Reward model of a run of reinforcement learning. */
  reward: v.optional(v.object({ id: v.string(), name: v.string(), sha256: v.string() })),
  tokens: v.optional(v.object({ train: count, validation: count })),
  parameters: count,
  vocabulary: count,
  engine: v.object({ simd: v.string(), threads: count }),
  versions: v.object({ lab: v.string(), node: v.string(), platform: v.string() })
})

/** What a run met when it was started: with the recipe, everything that its figures depend on. */
export type RunRecord = Readonly<v.InferOutput<typeof RunRecordSchema>>

/** Writes what a new run starts with. */
export async function writeRunFolder(
  folder: RunFolder,
  recipe: Recipe,
  record: RunRecord,
  { tokenizer, comparisons }: { readonly tokenizer: string; readonly comparisons?: string | undefined }
): Promise<void> {
  await writeFileAtomic(folder.tokenizer, tokenizer)
  await writeRunData(folder, record, comparisons)
  // Last: a folder counts as a run once it has a recipe.
  await writeFileAtomic(folder.recipe, json(recipe))
}

/** Writes the record of a run, and what it learns from once that is known. */
export async function writeRunData(folder: RunFolder, record: RunRecord, comparisons?: string): Promise<void> {
  if (comparisons !== undefined) await writeFileAtomic(folder.comparisons, comparisons)
  // Last: a record that names the data vouches for them.
  await writeFileAtomic(folder.record, json(record))
}

/**
 * Reads what a run was started with.
 * @throws LabFailure `run-damaged` naming the file
 */
export async function readRunFolder(folder: RunFolder): Promise<{ recipe: Recipe; record: RunRecord }> {
  const read = async <T>(path: string, parse: (text: string) => T): Promise<T> => {
    try {
      return parse(await readFile(path, 'utf8'))
    } catch (error) {
      throw new LabFailure(
        'run-damaged',
        `The run ${folder.id} cannot be read: ${basename(path)} is missing or damaged (${(error as Error).message}).`,
        {
          run: folder.id,
          file: basename(path),
          reason: (error as Error).message
        }
      )
    }
  }
  return {
    recipe: await read(folder.recipe, text => parseRecipe(text, folder.id)),
    record: await read(folder.record, text => v.parse(RunRecordSchema, JSON.parse(text)))
  }
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
