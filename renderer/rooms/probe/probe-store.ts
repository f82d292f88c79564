/** State of the Probe: the text, one inspection of it, and what the settings make of its distribution. */
import { defineStore } from 'pinia'
import { computed, reactive, ref, shallowRef, watch } from 'vue'
import type { CallInput, CallOutputs } from '../../../electron/contract/calls.ts'
import { failureOf } from '../../../electron/contract/failure.ts'
import {
  neutralSampling,
  type Inspection,
  type SamplingSettings,
  type StagesView,
  type TokenView
} from '../../../electron/contract/probe.ts'
import { call } from '../../lab.ts'
import { useModels } from '../../stores/models.ts'
import { useSettings } from '../../stores/settings.ts'
import * as tree from './history.ts'
import { latestOnly } from './latest.ts'
import { drawSeed, tidy, type NumberSetting } from './setting-scales.ts'

export const firstPrompt = "Shall I compare thee to a summer's d"
/** A decoder as it is often set; every stage can be moved from here. */
export const firstSettings: SamplingSettings = { ...neutralSampling, temperature: 0.8, topP: 0.9 }
/** Rows asked for; the screen shows as many of them as fit. */
const rowsAsked = 64
/** A person is still typing; the model waits so long. */
const typingPause = 150

/** What is sent to be run: tokens where some were taken, so that they are never cut differently; else the text. */
export function promptOf(node: tree.HistoryNode): { readonly text: string } | { readonly tokens: number[] } {
  return node.tokens && node.move.kind !== 'typed' ? { tokens: node.tokens.map(({ id }) => id) } : { text: node.text }
}

export const useProbe = defineStore('probe', () => {
  const models = useModels()
  const preferences = useSettings()
  const model = computed(() => models.current?.id)
  const provider = computed(() => preferences.settings.provider)
  /** Whether the room is on the screen; elsewhere nothing is run for it. */
  const entered = ref(false)
  const history = shallowRef(tree.startHistory(firstPrompt))
  const inspection = shallowRef<Inspection>()
  const stages = shallowRef<StagesView>()
  const settings = reactive<SamplingSettings>({ ...firstSettings })
  const seed = ref(1337)
  const runLength = ref(40)
  const failure = shallowRef<unknown>()
  const waiting = ref(false)
  /** How often the model was run for a look: moving a setting must not raise it. */
  const inspections = ref(0)
  /** Times each token came up in draws that were not taken. */
  const drawn = shallowRef<ReadonlyMap<number, number>>(new Map())
  const lastDrawn = shallowRef<{
    readonly id: number
    readonly text: string
    readonly probability: number
    readonly seed: number
  }>()
  const running = shallowRef<{ readonly done: number; readonly total: number; readonly cancel: () => void }>()
  const ended = shallowRef<{ readonly why: CallOutputs['generate']['ended'] | 'cancelled'; readonly count: number }>()

  const node = computed(() => tree.currentNode(history.value))
  const text = computed(() => node.value.text)
  /** Whether what is shown belongs to the text as it stands. */
  const fresh = computed(() => !waiting.value && running.value === undefined && inspection.value !== undefined)

  const fail = (error: unknown) => {
    if (failureOf(error).code !== 'cancelled') failure.value = error
  }

  // ---- stages: answered from the logits the lab keeps ----
  let renewed = ''
  const askStages = latestOnly(
    (input: CallInput<'probe.stages'>) => call('probe.stages', input),
    (view, input) => {
      if (input.inspection === inspection.value?.id) stages.value = view
    },
    (error, input) => {
      if (input.inspection !== inspection.value?.id) return
      // The lab keeps only the last inspections: look again, once.
      if (renewed === input.inspection) return fail(error)
      renewed = input.inspection
      void inspect().then(() => (renewed = inspection.value?.id ?? ''))
    }
  )
  function refreshStages() {
    if (inspection.value) askStages({ inspection: inspection.value.id, settings: { ...settings }, rows: rowsAsked })
  }
  function forgetDraws() {
    drawn.value = new Map()
    lastDrawn.value = undefined
  }
  watch(settings, () => {
    forgetDraws()
    refreshStages()
  })

  // ---- inspection: one run of the model over the text ----
  let inspecting: AbortController | undefined
  let pause: ReturnType<typeof setTimeout> | undefined
  function forgetInspection() {
    clearTimeout(pause)
    inspecting?.abort()
    inspecting = undefined
    waiting.value = false
    forgetDraws()
  }
  async function inspect(): Promise<void> {
    forgetInspection()
    const asked = node.value
    if (!model.value || (asked.text === '' && !asked.tokens?.length)) {
      inspection.value = undefined
      stages.value = undefined
      return
    }
    const mine = new AbortController()
    inspecting = mine
    waiting.value = true
    inspections.value++
    try {
      const seen = await call(
        'probe.inspect',
        { model: model.value, provider: provider.value, ...promptOf(asked) },
        { signal: mine.signal }
      )
      if (inspecting !== mine) return
      failure.value = undefined
      inspection.value = seen
      if (node.value.id === asked.id && node.value.text === asked.text)
        history.value = tree.learnTokens(history.value, seen.tokens)
      refreshStages()
    } catch (error) {
      if (inspecting === mine) fail(error)
    } finally {
      if (inspecting === mine) {
        inspecting = undefined
        waiting.value = false
      }
    }
  }

  /** Leaves a run for another text: nothing that still comes of it is wanted. */
  function abandon() {
    running.value?.cancel()
    running.value = undefined
    ended.value = undefined
  }

  // ---- the model ----
  let inspected: string | undefined
  // The shell opens the chosen model; when it is open, or another provider runs it, it is looked into anew.
  watch([model, provider, entered, () => models.opening], ([id, by, inside, opening], [before]) => {
    if (id !== before) {
      abandon()
      forgetInspection()
      inspection.value = undefined
      stages.value = undefined
      failure.value = undefined
      // Another model cuts the text differently: its branches begin anew.
      history.value = tree.startHistory(text.value)
    }
    if (!id || !inside || opening || inspected === `${id} ${by}`) return
    inspected = `${id} ${by}`
    void inspect()
  })

  // ---- the text ----
  function move(next: tree.History) {
    if (next === history.value) return
    abandon()
    history.value = next
    void inspect()
  }
  function edit(typed: string) {
    if (typed === text.value) return
    abandon()
    history.value = tree.type(history.value, typed)
    forgetInspection()
    waiting.value = model.value !== undefined && typed !== ''
    pause = setTimeout(() => void inspect(), typingPause)
  }
  const take = (token: TokenView, kind: 'taken' | 'stepped' = 'taken') => move(tree.take(history.value, token, kind))
  const back = () => move(tree.back(history.value))
  const forward = () => move(tree.forward(history.value))
  const go = (id: number) => move(tree.go(history.value, id))

  // ---- drawing ----
  async function draw(count: number) {
    const seen = inspection.value
    if (!seen || !fresh.value) return
    const used = drawSeed(seed.value, seen.tokens.length, count)
    try {
      const token = await call('probe.draw', { inspection: seen.id, settings: { ...settings }, seed: used })
      return seen === inspection.value ? { ...token, seed: used } : undefined
    } catch (error) {
      fail(error)
      return
    }
  }
  /** Draws without taking: shows what might come, and counts. */
  async function sample() {
    const token = await draw([...drawn.value.values()].reduce((sum, times) => sum + times, 0))
    if (!token) return
    drawn.value = new Map(drawn.value).set(token.id, (drawn.value.get(token.id) ?? 0) + 1)
    lastDrawn.value = token
  }
  /** Draws one token and takes it. */
  async function step() {
    const token = await draw(0)
    if (token) take({ id: token.id, text: token.text }, 'stepped')
  }
  /** Draws tokens one after another; they appear as they come. */
  async function run() {
    if (!fresh.value || !model.value || !node.value.tokens) return
    ended.value = undefined
    failure.value = undefined
    const total = runLength.value
    let done = 0
    const controller = new AbortController()
    const cancel = () => controller.abort()
    const mine = () => running.value?.cancel === cancel
    running.value = { done, total, cancel }
    try {
      const result = await call(
        'generate',
        {
          model: model.value,
          provider: provider.value,
          tokens: node.value.tokens.map(({ id }) => id),
          settings: { ...settings },
          seed: seed.value,
          maxTokens: total,
          slide: true
        },
        {
          signal: controller.signal,
          onProgress: ({ token }) => {
            if (!mine()) return
            history.value = tree.take(history.value, token, 'run')
            running.value = { done: ++done, total, cancel }
          }
        }
      )
      if (!mine()) return
      // Tokens whose progress is still on its way.
      for (const token of result.tokens.slice(done)) history.value = tree.take(history.value, token, 'run')
      ended.value = { why: result.ended, count: result.tokens.length }
    } catch (error) {
      if (!mine()) return
      if (controller.signal.aborted) ended.value = { why: 'cancelled', count: done }
      else fail(error)
    }
    running.value = undefined
    const problem = failure.value
    await inspect()
    if (problem) failure.value = problem
  }
  /** Stops a run; what has come stays, and is looked at when the lab has said goodbye. */
  function stop() {
    running.value?.cancel()
  }

  // ---- settings ----
  function set(key: NumberSetting, value: number) {
    settings[key] = tidy(value)
  }
  function reset() {
    Object.assign(settings, neutralSampling)
  }

  return {
    entered,
    history,
    node,
    text,
    inspection,
    stages,
    settings,
    seed,
    runLength,
    failure,
    waiting,
    fresh,
    inspections,
    drawn,
    lastDrawn,
    running,
    ended,
    inspect,
    edit,
    take,
    back,
    forward,
    go,
    sample,
    step,
    run,
    stop,
    set,
    reset
  }
})
