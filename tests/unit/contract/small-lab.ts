/** A lab of a few calls for tests of transports: what it answers is made up, how it travels is not. */
import type { EventName, Events } from '../../../electron/contract/calls.ts'
import { callInputs } from '../../../electron/contract/calls.ts'
import { LabFailure } from '../../../electron/contract/failure.ts'
import type { Handlers, LabService } from '../../../electron/contract/handlers.ts'
import type { Settings } from '../../../electron/contract/system.ts'

type Listener = Parameters<LabService['subscribe']>[0]

export interface SmallLab extends LabService {
  emit<E extends EventName>(event: E, payload: Events[E]): void
  /** What happened: names of the calls that were answered, and of those that were aborted. */
  readonly answered: string[]
  readonly aborted: string[]
}

export const settings: Settings = { language: 'en', theme: 'system', present: false, threads: 0, provider: 'auto' }

/**
 * Calls that do something:
 * - `settings.get`, `settings.set`: the settings, and their event
 * - `corpora.add`: says how many bytes came and their sum, in `excerpt`
 * - `runs.history`: typed arrays out, NaN among them; the run `none` fails as `run-unknown`, `broken` throws what nobody designed
 * - `generate`: one progress a token, up to `maxTokens`; 4096 goes on until it is cancelled
 */
export function smallLab(overrides: Partial<Handlers> = {}): SmallLab {
  const listeners = new Set<Listener>()
  const answered: string[] = []
  const aborted: string[] = []
  let current = settings
  const emit: SmallLab['emit'] = (event, payload) => listeners.forEach(listener => listener(event, payload))

  const some: Partial<Handlers> = {
    'settings.get': () => current,
    'settings.set': changes => {
      current = { ...current, ...changes }
      emit('settings', current)
      return current
    },
    'corpora.add': ({ name, bytes }) => ({
      id: name,
      title: name,
      origin: 'added',
      characters: 0,
      bytes: bytes.length,
      documents: 1,
      licence: '',
      sha256: '',
      excerpt: String(bytes.reduce((sum, byte) => sum + byte, 0))
    }),
    'runs.history': ({ run }) => {
      if (run === 'none') throw new LabFailure('run-unknown', `Expected the id of a run but received ${run}.`, { run })
      if (run === 'broken') throw new TypeError('nobody designed this')
      // A view into a larger buffer, as the engine hands them out.
      const steps = new Float64Array(1024).subarray(512, 515)
      steps.set([0, 0.1, Number.NaN])
      const empty = new Float64Array(0)
      return {
        run,
        steps,
        trainLoss: Float64Array.of(-0, Infinity, 1e-300),
        learningRate: empty,
        gradientNorm: empty,
        tokensPerSecond: empty,
        evaluationSteps: empty,
        evaluationTrain: empty,
        evaluationValidation: empty,
        checkpointSteps: empty,
        metrics: {},
        rollouts: [],
        samples: [{ step: 1, prompt: '', text: 'Shall I compare thee\u2028七言 🎭' }]
      }
    },
    generate: async ({ maxTokens }, { signal, progress }) => {
      for (let id = 0; id < maxTokens || maxTokens === 4096; id++) {
        if (signal.aborted) {
          aborted.push('generate')
          signal.throwIfAborted()
        }
        progress({ token: { id, text: String(id) }, text: String(id) })
        await new Promise(resolve => setTimeout(resolve, 1))
      }
      return { tokens: [], text: '', ended: 'length', tokensPerSecond: 1, provider: 'cpu' }
    },
    ...overrides
  }
  const handlers = Object.fromEntries(
    Object.keys(callInputs).map(method => [
      method,
      (input: never, context: never) => {
        answered.push(method)
        const handler = some[method as keyof Handlers] as ((input: never, context: never) => unknown) | undefined
        if (!handler) throw new LabFailure('not-here', `The small lab does not answer ${method}.`)
        return handler(input, context)
      }
    ])
  ) as unknown as Handlers

  return {
    handlers,
    subscribe: listener => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    emit,
    answered,
    aborted
  }
}
