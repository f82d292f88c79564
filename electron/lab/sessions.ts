/** Opened models: kept while they are used, each on the provider that was asked for. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { failureOf, LabFailure } from '../contract/failure.ts'
import type { ProviderName, ProviderRefusal } from '../contract/models.ts'
import type { InferenceSession } from '../onnx/inference.ts'
import { openOnnxSession } from '../onnx/onnx-session.ts'
import { carriedProviders, type OnnxProvider } from '../onnx/provider-order.ts'
import type { EngineAccess } from './engine.ts'
import type { EventHub } from './events.ts'
import type { Home } from './home.ts'
import type { LoadedModel } from './loaded-model.ts'
import type { Models } from './models.ts'
import { openNativeSession } from './native-session.ts'
import { sessionFolder } from './session-cache.ts'
import type { SettingsFile } from './settings.ts'
import type { Turns } from './turns.ts'

/** Sessions that are kept open. */
const most = 4

export interface SessionsOptions {
  readonly models: Models
  readonly engine: EngineAccess
  readonly events: EventHub
  readonly home: Home
  readonly settings: SettingsFile
  /** Waits for a turn at the processor: the engine's threads serve runs too. */
  readonly turn: Turns
}

/** A session and the model that it runs. */
export interface OpenedSession {
  readonly session: InferenceSession
  readonly model: LoadedModel
}

interface Entry {
  readonly model: string
  /** Of the files it was opened from: changes when a run writes new weights. */
  readonly version: string
  readonly opened: Promise<OpenedSession>
  /** Calls that are being answered. */
  calls: number
}

export class Sessions {
  /** By model and provider, the least recently used first. */
  readonly #entries = new Map<string, Entry>()

  constructor(readonly options: SessionsOptions) {}

  /** Providers of this platform's package of ONNX Runtime, in the order in which they are tried. */
  providers(): readonly ProviderName[] {
    return carriedProviders()
  }

  /**
   * Opens a model, or gives the session that is open already. Without a provider the settings' holds.
   * @throws LabFailure `model-unknown`, `model-no-chat` for a model without a language head, and those of loading, exporting and opening
   */
  async open(modelId: string, provider: ProviderName | 'auto' = this.options.settings.get().provider): Promise<OpenedSession> {
    const version = await this.#version(modelId)
    const key = `${provider} ${modelId}`
    const known = this.#entries.get(key)
    if (known?.version === version) {
      this.#entries.delete(key)
      this.#entries.set(key, known)
      return known.opened
    }
    if (known) this.#drop(key)
    const entry: Entry = { model: modelId, version, calls: 0, opened: this.#open(modelId, provider, () => entry) }
    this.#entries.set(key, entry)
    this.#makeRoom()
    // What could not be opened is tried anew the next time.
    entry.opened.catch(() => this.#entries.get(key) === entry && this.#entries.delete(key))
    return entry.opened
  }

  /** Ends the sessions of a model: before its folder goes. */
  async closeModel(id: string): Promise<void> {
    await Promise.all([...this.#entries].filter(([, { model }]) => model === id).map(([key]) => this.#drop(key)))
  }

  async close(): Promise<void> {
    await Promise.all([...this.#entries.keys()].map(key => this.#drop(key)))
  }

  async #drop(key: string): Promise<void> {
    const entry = this.#entries.get(key)!
    this.#entries.delete(key)
    await entry.opened.then(
      ({ session }) => session.close(),
      () => {}
    )
  }

  /** The least recently used go, but none that is answering. */
  #makeRoom(): void {
    for (const [key, { calls }] of [...this.#entries].slice(0, -1)) {
      if (this.#entries.size <= most) return
      if (calls === 0) void this.#drop(key)
    }
  }

  async #version(modelId: string): Promise<string> {
    const directory = await this.options.models.directory(modelId)
    const files = await Promise.all(
      ['config.json', 'model.safetensors'].map(name => stat(join(directory, name)).catch(() => undefined))
    )
    return files.map(file => (file ? `${file.mtimeMs} ${file.size}` : '')).join(' ')
  }

  async #open(modelId: string, provider: ProviderName | 'auto', entry: () => Entry): Promise<OpenedSession> {
    const model = await this.options.models.load(modelId)
    assertWrites(model)
    const session = provider === 'native' ? await this.#openNative(model) : await this.#openOnnx(model, provider)
    this.options.events.emit('session', { model: modelId, session: session.description })
    return { model, session: counted(session, entry) }
  }

  async #openOnnx(model: LoadedModel, provider: OnnxProvider | 'auto'): Promise<InferenceSession> {
    const { directory, config, key } = model
    const { engine, home, settings } = this.options
    return openOnnxSession({
      source:
        config.form === 'lab'
          ? {
              kind: 'graph',
              graph: config.graph,
              weights: join(directory, 'model.safetensors'),
              cache: await sessionFolder(home.cache, key),
              form: 'fp32'
            }
          : { kind: 'folder', directory, sizes: config.sizes },
      sizes: config.sizes,
      provider,
      threads: engine.threads(settings.get().threads)
    })
  }

  /** On the engine where that can be, else as `auto` with the reason. */
  async #openNative(model: LoadedModel): Promise<InferenceSession> {
    const { engine, settings, turn } = this.options
    const { config, parameters } = model
    try {
      if (config.form !== 'lab' || !parameters)
        throw new LabFailure('model-not-native', 'The engine runs models of the lab; this one comes as ONNX files.')
      return await openNativeSession({
        graph: config.graph,
        parameters,
        engine: engine.get(),
        threads: engine.threads(settings.get().threads),
        requested: 'native',
        refused: [],
        turn,
        openOnnx: () => this.#openOnnx(model, 'cpu')
      })
    } catch (error) {
      const { code, message } = failureOf(error)
      const refusal: ProviderRefusal = {
        provider: 'native',
        why: code === 'model-not-native' ? 'not-supported' : 'failed',
        detail: message
      }
      const session = await this.#openOnnx(model, 'auto')
      const { description } = session
      return { ...session, description: { ...description, requested: 'native', refused: [refusal, ...description.refused] } }
    }
  }
}

/** A reward model judges texts and a classifier sorts them: neither writes any. @throws LabFailure `model-no-chat` */
export function assertWrites({ summary, config }: LoadedModel): void {
  if (config.form !== 'lab' || config.head === 'language') return
  const what =
    config.head === 'score' ? 'a reward model: it gives texts a score' : 'a classifier: it says to which class a text belongs'
  throw new LabFailure('model-no-chat', `${summary.name} is ${what} and cannot continue them. Choose another model.`, {
    model: summary.name
  })
}

/** The session, with its calls counted. */
function counted(session: InferenceSession, entry: () => Entry): InferenceSession {
  const during = async <T>(work: () => Promise<T>): Promise<T> => {
    entry().calls++
    try {
      return await work()
    } finally {
      entry().calls--
    }
  }
  const { inspect } = session
  return {
    ...session,
    ...(inspect && { inspect: tokens => during(() => inspect(tokens)) }),
    next: tokens => during(() => session.next(tokens)),
    decode: (request, onToken, signal) => during(() => session.decode(request, onToken, signal))
  }
}
