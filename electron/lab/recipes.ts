/** Shipped recipes, in the order in which a class would take them. */
import { readFile, readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { LabFailure } from '../contract/failure.ts'
import type { Recipe, RecipeOf, Stage } from '../contract/training.ts'
import { ofStage, parseRecipe } from '../training/recipe.ts'

const order = [
  'sonnets-char',
  'sonnets-bpe',
  'moby-dick-bpe',
  'baby-gpt',
  'shakespeare-char-cpu',
  'lesson-base',
  'lesson-sft',
  'lesson-reward',
  'lesson-rlhf',
  'atlas-base',
  'atlas-sft',
  'atlas-reward',
  'atlas-rlhf',
  'atlas-dpo',
  'atlas-grpo',
  'atlas-classify'
]

/** All recipes of a folder. */
export async function listRecipes(folder: string): Promise<readonly Recipe[]> {
  const names = (await readdir(folder)).filter(name => name.endsWith('.json')).map(name => basename(name, '.json'))
  const place = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length)
  names.sort((a, b) => place(a) - place(b) || a.localeCompare(b))
  return Promise.all(names.map(async name => parseRecipe(await readFile(join(folder, `${name}.json`), 'utf8'), name)))
}

/**
 * A shipped recipe by name, or one from a file.
 * @throws LabFailure `recipe-unknown` naming the shipped ones, `recipe-not-json`, `recipe-invalid`
 */
export async function findRecipe(folder: string, nameOrFile: string): Promise<Recipe> {
  const shipped = await listRecipes(folder)
  const named = shipped.find(recipe => recipe.name === nameOrFile)
  if (named) return named
  const text = await readFile(nameOrFile, 'utf8').catch(() => undefined)
  if (text !== undefined) return parseRecipe(text, nameOrFile)
  const names = shipped.map(recipe => recipe.name).join(', ')
  throw new LabFailure('recipe-unknown', `There is no recipe ${nameOrFile}. Expected a file or one of ${names}.`, {
    recipe: nameOrFile,
    names
  })
}

/**
 * The recipe that is taken for a stage when none is named: the one of the shipped family.
 * @throws LabFailure `recipe-unknown`
 */
export async function recipeOfStage<S extends Stage>(folder: string, stage: S): Promise<RecipeOf<S>> {
  const model = { pretrain: 'base', ppo: 'rlhf' }[stage as string] ?? stage
  return ofStage(await findRecipe(folder, `atlas-${model}`), stage)
}
