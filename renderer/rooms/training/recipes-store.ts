/** Recipes, texts, and the recipe that is being prepared, with what it will take. */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import type { CorpusSummary, Recipe, RecipeEstimate } from '../../../electron/contract/training.ts'
import { asFailure } from '../../design/failure-text.ts'
import { call, plain } from '../../lab.ts'
import { useConnection } from '../../stores/connection.ts'
import { changedFields, withField, type FieldValue } from './recipe-draft.ts'

/** How long typing must rest before the lab is asked, milliseconds. */
const rest = 150

export const useRecipes = defineStore('recipes', () => {
  const recipes = shallowRef<readonly Recipe[]>([])
  const corpora = shallowRef<readonly CorpusSummary[]>([])
  const preset = shallowRef<Recipe | null>(null)
  const draft = shallowRef<Recipe | null>(null)
  const estimate = shallowRef<RecipeEstimate | null>(null)
  /** Why the lab could not say what the recipe takes. */
  const refusal = shallowRef<unknown>(null)
  const estimating = ref(false)
  const changed = computed(() => (draft.value && preset.value ? changedFields(draft.value, preset.value) : []))
  const corpus = computed(() => corpora.value.find(({ id }) => id === draft.value?.corpus.source) ?? null)

  function pick(recipe: Recipe): void {
    preset.value = recipe
    draft.value = plain(recipe)
  }
  /** Takes up the recipe of a run again; what differs from the shipped recipe of that name is marked. */
  function pickOf(recipe: Recipe): void {
    preset.value = recipes.value.find(({ name }) => name === recipe.name) ?? recipe
    draft.value = plain(recipe)
  }
  function change(path: string, value: FieldValue): void {
    if (draft.value) draft.value = withField(draft.value, path, value)
  }

  async function load(): Promise<void> {
    ;[recipes.value, corpora.value] = await Promise.all([call('recipes.list'), call('corpora.list')])
    if (!draft.value && recipes.value.length > 0)
      pick(recipes.value.find(({ name }) => name === 'sonnets-char') ?? recipes.value[0]!)
  }
  useConnection().whenConnected(() => void load().catch(error => (refusal.value = error)))

  /** Adds a text and chooses it. @throws LabFailure naming what is wrong with it */
  async function addCorpus(file: File): Promise<CorpusSummary> {
    const added = await call('corpora.add', {
      name: file.name.slice(0, 80),
      bytes: new Uint8Array(await file.arrayBuffer())
    })
    corpora.value = [...corpora.value.filter(({ id }) => id !== added.id), added]
    change('corpus.source', added.id)
    return added
  }

  let asking: AbortController | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  watch(
    [draft, corpora],
    ([recipe]) => {
      clearTimeout(timer)
      asking?.abort()
      if (!recipe) return
      estimating.value = true
      timer = setTimeout(async () => {
        const asked = (asking = new AbortController())
        try {
          const answer = await call('recipes.estimate', { recipe }, { signal: asked.signal })
          if (asked.signal.aborted) return
          estimate.value = answer
          refusal.value = null
        } catch (error) {
          if (asked.signal.aborted || asFailure(error).code === 'cancelled') return
          estimate.value = null
          refusal.value = error
        }
        estimating.value = false
      }, rest)
    },
    { immediate: true }
  )

  return {
    recipes,
    corpora,
    corpus,
    preset,
    draft,
    estimate,
    estimating,
    refusal,
    changed,
    pick,
    pickOf,
    change,
    addCorpus,
    load
  }
})
