/** Recipes: reading one from JSON and changing single values of it. */
import * as v from 'valibot'
import { LabFailure } from '../contract/failure.ts'
import { RecipeSchema, type Recipe, type RecipeOf, type Stage } from '../contract/training.ts'

/**
 * A recipe from parsed JSON.
 * @param source how the recipe is called in messages: a file or a name
 * @throws LabFailure `recipe-invalid` naming the first field that is wrong (details.field).
 */
export function readRecipe(value: unknown, source: string): Recipe {
  const result = v.safeParse(RecipeSchema, value)
  if (result.success) return result.output
  const issue = result.issues[0]
  const field = v.getDotPath(issue) ?? 'the recipe itself'
  throw new LabFailure(
    'recipe-invalid',
    `The recipe ${source} cannot be used. Expected ${issue.expected ?? 'a valid value'} for ${field} but received ${issue.received}. ${issue.message}`,
    { source, field, expected: issue.expected ?? '', received: issue.received }
  )
}

/**
 * A recipe from JSON text.
 * @throws LabFailure `recipe-not-json`, `recipe-invalid`.
 */
export function parseRecipe(text: string, source: string): Recipe {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new LabFailure(
      'recipe-not-json',
      `Expected JSON in the recipe ${source} but it cannot be read: ${(error as Error).message}`,
      { source }
    )
  }
  return readRecipe(value, source)
}

/**
 * The recipe, known to be one of a stage.
 * @throws LabFailure `recipe-stage`
 */
export function ofStage<S extends Stage>(recipe: Recipe, stage: S): RecipeOf<S> {
  if (recipe.stage !== stage)
    throw new LabFailure(
      'recipe-stage',
      `Expected a recipe for the stage ${stage} but ${recipe.name} is one for ${recipe.stage}. Choose another recipe or another stage.`,
      { recipe: recipe.name, expected: stage, received: recipe.stage }
    )
  return recipe as RecipeOf<S>
}

/** One change of a recipe: a dotted path and the new value, such as `optimiser.learningRate=3e-4`. */
export type Override = string

/**
 * The recipe with single values changed. A value is read as JSON where it is JSON and as text otherwise,
 * so `steps=200`, `model.tied=false` and `samples.prompt=Shall I` all mean what they say.
 * @throws LabFailure `override-form` (no `=`), `override-unknown` (no such field), `recipe-invalid` (value out of range),
 * `recipe-stage` (a recipe stays one of its stage).
 */
export function overrideRecipe<R extends Recipe>(recipe: R, overrides: readonly Override[]): R {
  const changed = structuredClone(recipe) as Record<string, unknown>
  for (const override of overrides) {
    const cut = override.indexOf('=')
    if (cut < 1)
      throw new LabFailure(
        'override-form',
        `Expected key=value but received ${override}. For example: --set optimiser.learningRate=0.0003`,
        { override }
      )
    setField(changed, recipe.stage, override.slice(0, cut).trim(), readValue(override.slice(cut + 1)))
  }
  return ofStage(readRecipe(changed, recipe.name), recipe.stage) as R
}

/** What of a schema says which fields there are: an object's entries, what is optional, the options of a choice. */
interface Shape {
  readonly entries?: Readonly<Record<string, unknown>>
  readonly wrapped?: unknown
  readonly options?: readonly unknown[]
}

/** Whether recipes of a stage may have a field, although this one may not have it. */
function isField(stage: Stage, keys: readonly string[]): boolean {
  let schemas: unknown[] = RecipeSchema.options.filter(({ entries }) => entries.stage.literal === stage)
  for (const key of keys)
    schemas = schemas.flatMap(objectsIn).flatMap(({ entries }) => (entries && Object.hasOwn(entries, key) ? [entries[key]] : []))
  return schemas.length > 0
}

function objectsIn(schema: unknown): Shape[] {
  if (typeof schema !== 'object' || schema === null) return []
  const { wrapped, options, ...shape } = schema as Shape
  return [...(wrapped ? objectsIn(wrapped) : []), ...(options ?? []).flatMap(objectsIn), shape]
}

function setField(target: Record<string, unknown>, stage: Stage, path: string, value: unknown): void {
  const keys = path.split('.')
  const known = isField(stage, keys)
  const last = keys.pop()!
  let object: Record<string, unknown> = target
  for (const key of keys) {
    const next = Object.hasOwn(object, key) ? object[key] : undefined
    if (next === null || typeof next !== 'object') throw unknownField(path, object)
    object = next as Record<string, unknown>
  }
  if (!Object.hasOwn(object, last) && !known) throw unknownField(path, object)
  // A tokenizer of another kind has other fields: the ones of the old kind must not stay behind.
  if (path === 'tokenizer.kind' && value !== 'bpe') {
    delete object['vocabulary']
    delete object['chat']
  }
  object[last] = value
}

function unknownField(path: string, nearest: object): LabFailure {
  const known = Object.keys(nearest).join(', ')
  return new LabFailure('override-unknown', `The recipe has no field ${path}. Expected one of ${known}.`, { path, known })
}

function readValue(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
