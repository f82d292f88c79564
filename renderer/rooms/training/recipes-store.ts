/** Recipes, texts, and the recipe that is being prepared, with what it will take. */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import type { CorpusSummary, PretrainRecipe, Recipe, RecipeEstimate, RunSummary } from '../../../electron/contract/training.ts'
import { asFailure } from '../../design/failure-text.ts'
import { call, on, plain } from '../../lab.ts'
import { useConnection } from '../../stores/connection.ts'
import { changedFields, formProblems, presetOf, withField, type FieldValue, type RecipeProblem } from './recipe-draft.ts'

/** How long typing must rest before the lab is asked, milliseconds. */
const rest = 150

export const useRecipes = defineStore('recipes', () => {
  const recipes = shallowRef<readonly PretrainRecipe[]>([])
  const corpora = shallowRef<readonly CorpusSummary[]>([])
  const loaded = ref(false)
  const preset = shallowRef<PretrainRecipe | null>(null)
  const draft = shallowRef<PretrainRecipe | null>(null)
  const estimate = shallowRef<RecipeEstimate | null>(null)
  /** Why the lab could not say what the recipe takes. */
  const refusal = shallowRef<unknown>(null)
  const estimating = ref(false)
  const starting = ref(false)
  /** Why the run could not be started. */
  const startRefusal = shallowRef<unknown>(null)
  const changed = computed(() => (draft.value && preset.value ? changedFields(draft.value, preset.value) : []))
  const corpus = computed(() => corpora.value.find(({ id }) => id === draft.value?.corpus.source) ?? null)
  const problems = computed((): readonly RecipeProblem[] => [
    ...(draft.value ? formProblems(draft.value) : []),
    ...(estimate.value?.problems ?? [])
  ])

  function pick(recipe: PretrainRecipe): void {
    preset.value = recipe
    draft.value = plain(recipe)
    startRefusal.value = null
  }
  /** Takes up the recipe of a pretraining run again; what differs from the shipped recipe is marked. */
  function pickOf(recipe: Recipe): void {
    if (recipe.stage !== 'pretrain') return
    pick(recipe)
    preset.value = presetOf(recipe, recipes.value) ?? recipe
  }
  function change(path: string, value: FieldValue): void {
    if (draft.value) draft.value = withField(draft.value, path, value)
  }

  async function load(): Promise<void> {
    const [all, texts] = await Promise.all([call('recipes.list'), call('corpora.list')])
    recipes.value = all.filter(recipe => recipe.stage === 'pretrain')
    corpora.value = texts
    loaded.value = true
    if (!draft.value && recipes.value.length > 0)
      pick(recipes.value.find(({ name }) => name === 'sonnets-char') ?? recipes.value[0]!)
  }
  on('corpora', event => (corpora.value = event.corpora))
  useConnection().whenConnected(() => void load().catch(error => (refusal.value = error)))

  const keep = (added: CorpusSummary) => (corpora.value = [...corpora.value.filter(({ id }) => id !== added.id), added])

  /** Adds a text and chooses it. @throws LabFailure naming what is wrong with it */
  async function addCorpus(file: File): Promise<CorpusSummary> {
    const bytes = new Uint8Array(await file.arrayBuffer())
    const added = await call('corpora.add', { name: file.name.slice(0, 80), bytes })
    keep(added)
    change('corpus.source', added.id)
    return added
  }
  /** Deletes a text that was added and chooses the recipe's own; the returned function brings it back. */
  async function deleteCorpus(id: string): Promise<() => Promise<void>> {
    const { trash } = await call('corpora.delete', { corpus: id })
    const chosen = draft.value?.corpus.source === id
    corpora.value = corpora.value.filter(corpus => corpus.id !== id)
    if (chosen)
      change(
        'corpus.source',
        [preset.value?.corpus.source, corpora.value[0]?.id].find(other => other !== id)
      )
    return async () => {
      keep(await call('corpora.restore', { trash }))
      if (chosen) change('corpus.source', id)
    }
  }

  /** Starts a run by the recipe as it stands; null when the lab refuses, with the reason in `startRefusal`. */
  async function start(): Promise<RunSummary | null> {
    if (!draft.value || starting.value) return null
    starting.value = true
    startRefusal.value = null
    try {
      return await call('runs.start', { recipe: draft.value })
    } catch (error) {
      startRefusal.value = error
      return null
    } finally {
      starting.value = false
    }
  }

  let asking: AbortController | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  watch(
    [draft, corpora],
    ([recipe]) => {
      clearTimeout(timer)
      asking?.abort()
      if (!recipe || formProblems(recipe).length > 0) return
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
    loaded,
    corpus,
    preset,
    draft,
    estimate,
    estimating,
    refusal,
    problems,
    starting,
    startRefusal,
    changed,
    pick,
    pickOf,
    change,
    addCorpus,
    deleteCorpus,
    start,
    load
  }
})
