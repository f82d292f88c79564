/** Reference files: reading one, and seeing from its content what it is. */
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import * as v from 'valibot'
import { LabFailure } from '../../contract/failure.ts'
import { decodeSafetensors, type Safetensors } from '../../graph/safetensors.ts'
import { RlhfFixtureSchema, type RlhfFixture } from './rlhf-fixture.ts'

const numbers = v.pipe(v.array(v.number()), v.minLength(1))
const SamplingFixtureSchema = v.object({
  order: v.array(v.string()),
  cases: v.pipe(
    v.array(
      v.object({
        logits: numbers,
        history: v.array(v.pipe(v.number(), v.integer(), v.minValue(0))),
        settings: v.object({
          repetition_penalty: v.number(),
          no_repeat_ngram_size: v.number(),
          temperature: v.number(),
          top_k: v.number(),
          top_p: v.number()
        }),
        /** Probabilities after each stage, by its name. */
        stages: v.record(v.string(), numbers)
      })
    ),
    v.minLength(1)
  )
})
export type SamplingFixture = v.InferOutput<typeof SamplingFixtureSchema>

/** A reference file of a known kind. */
export type Fixture =
  | { readonly kind: 'gpt'; readonly file: Safetensors }
  | { readonly kind: 'baby-gpt'; readonly file: Safetensors }
  | { readonly kind: 'sampling'; readonly file: SamplingFixture }
  | { readonly kind: 'rlhf'; readonly file: RlhfFixture }

/**
 * Reads a reference file. Its kind is seen from what it holds, not from its name.
 * @throws LabFailure `fixture-unreadable`, `fixture-unknown`, `safetensors-damaged`
 */
export async function readFixture(path: string): Promise<Fixture> {
  const name = basename(path)
  const bytes = await readFile(path).catch((error: Error) => {
    throw new LabFailure('fixture-unreadable', `The reference file ${path} cannot be read: ${error.message}`, {
      file: name,
      reason: error.message
    })
  })
  // A safetensors file begins with the length of its header, eight bytes, the upper ones 0; a text has no such byte.
  return bytes.subarray(0, 8).includes(0) ? weightsFixture(bytes, name) : textFixture(bytes, name)
}

function textFixture(bytes: Uint8Array, name: string): Fixture {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    throw new LabFailure('fixture-unreadable', `The reference file ${name} is no JSON: ${(error as Error).message}`, {
      file: name,
      reason: (error as Error).message
    })
  }
  const isRlhf = typeof value === 'object' && value !== null && 'ppo' in value
  return isRlhf
    ? { kind: 'rlhf', file: checked(RlhfFixtureSchema, value, name) }
    : { kind: 'sampling', file: checked(SamplingFixtureSchema, value, name) }
}

function checked<Schema extends v.GenericSchema>(schema: Schema, value: unknown, name: string): v.InferOutput<Schema> {
  const read = v.safeParse(schema, value)
  if (read.success) return read.output
  const [issue] = read.issues
  throw foreign(name, `${v.getDotPath(issue) ?? 'its root'}: expected ${issue.expected} but received ${issue.received}`)
}

function weightsFixture(bytes: Uint8Array, name: string): Fixture {
  const file = decodeSafetensors(bytes, name)
  const has = (...tensors: readonly string[]) => tensors.every(tensor => file.tensors.has(tensor))
  if (has('init.transformer.wte.weight', 'p1.before', 'losses')) return { kind: 'baby-gpt', file }
  if (has('init.transformer.wte.weight', 'step0.logits', 'batch.0.x', 'losses')) return { kind: 'gpt', file }
  throw foreign(name, 'its tensors are those of no reference that is known here')
}

function foreign(name: string, reason: string): LabFailure {
  return new LabFailure(
    'fixture-unknown',
    `Expected a reference of a GPT, of the baby GPT, of the sampling stages or of RLHF but ${name} is none: ${reason}.`,
    { file: name, reason }
  )
}
