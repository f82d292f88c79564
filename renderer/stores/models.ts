/** The models there are, the one that the Probe looks into, and what really runs it. */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import type { ModelSummary, ProviderName, SessionDescription } from '../../electron/contract/models.ts'
import { call, on } from '../lab.ts'
import { useConnection } from './connection.ts'
import { useSettings } from './settings.ts'

const remembered = 'gpt-lab.model'

/** The shipped model whose text the Probe's first prompt is from. */
const firstModel = 'shipped:sonnets-char'

/** The model to look into: the one asked for, else the newest trained, else the sonnets', else any that can be inspected. */
export function modelToShow(models: readonly ModelSummary[], wanted: string | null): ModelSummary | null {
  const usable = models.filter(model => !model.problem && model.inspectable)
  return (
    usable.find(model => model.id === wanted) ??
    usable.filter(model => model.origin === 'trained').sort((a, b) => b.created.localeCompare(a.created))[0] ??
    usable.find(model => model.id === firstModel) ??
    usable[0] ??
    null
  )
}

/** Sessions that were opened, by model and by the provider that was asked for. */
export type Sessions = Readonly<Record<string, Readonly<Partial<Record<ProviderName | 'auto', SessionDescription>>>>>

export const withSession = (sessions: Sessions, model: string, session: SessionDescription): Sessions => ({
  ...sessions,
  [model]: { ...sessions[model], [session.requested]: session }
})

export const useModels = defineStore('models', () => {
  const settings = useSettings()
  const models = shallowRef<readonly ModelSummary[]>([])
  const loaded = ref(false)
  const wanted = ref(localStorage.getItem(remembered))
  const current = computed(() => modelToShow(models.value, wanted.value))
  const sessions = shallowRef<Sessions>({})
  const sessionOf = (model: string) => sessions.value[model]?.[settings.settings.provider] ?? null
  const session = computed(() => (current.value ? sessionOf(current.value.id) : null))
  const opening = ref(false)
  const refusal = shallowRef<unknown>(null)

  function take(list: readonly ModelSummary[]): void {
    models.value = list
    loaded.value = true
  }
  const load = () => call('models.list').then(take, () => {})
  useConnection().whenConnected(() => void load())
  on('models', event => take(event.models))
  on('session', event => (sessions.value = withSession(sessions.value, event.model, event.session)))

  function choose(id: string): void {
    wanted.value = id
    localStorage.setItem(remembered, id)
  }

  /**
   * Opens a model's session and remembers what runs it.
   * @param provider default: the one in the settings
   * @throws LabFailure when it cannot be opened
   */
  async function open(model: string, provider = settings.settings.provider): Promise<SessionDescription> {
    const described = await call('models.open', { model, provider })
    sessions.value = withSession(sessions.value, model, described)
    return described
  }

  // The chip at the top says what runs the model, so it is opened as soon as it is chosen.
  watch(
    [() => current.value?.id, () => settings.settings.provider],
    async ([model]) => {
      refusal.value = null
      if (!model) return
      opening.value = true
      try {
        await open(model)
      } catch (error) {
        if (current.value?.id === model) refusal.value = error
      } finally {
        opening.value = false
      }
    },
    { immediate: true }
  )

  return { models, loaded, current, session, sessions, sessionOf, opening, refusal, choose, open, load }
})
