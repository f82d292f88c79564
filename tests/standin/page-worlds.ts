/**
 * What the stand-in runs in a page before the page's own scripts: the preload in an isolated world, and
 * in the page's world the other end of the context bridge. The functions are run as source: each stands alone.
 */
import type { cloning } from './cloning.ts'

type Cloning = ReturnType<typeof cloning>

/** Name of the preload's world, as Electron calls it. */
export const isolatedWorld = 'Electron Isolated Context'

/** Binding by which the isolated world posts to the main process. */
export const postBinding = '__standInPost'

/** Function by which the main process delivers to the isolated world. */
export const deliverName = '__standInDeliver'

/**
 * Objects that live in one world and are used in the other, over DOM events, which both worlds hear at
 * once: functions and promises cross by number, data as clones. Only one call is ever under way.
 */
export function membrane({ pack, unpack }: Cloning, own: string, other: string) {
  const kept = new Map<number, unknown>()
  const awaited = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>()
  let last = 0
  let reply: { value?: unknown; error?: string } | undefined

  const tell = (type: string, content: unknown) =>
    dispatchEvent(new CustomEvent(other, { detail: JSON.stringify([type, content]) }))
  const keep = (value: unknown) => {
    kept.set(++last, value)
    return last
  }

  const wrap = (value: unknown): unknown =>
    pack(value, inner => {
      if (typeof inner === 'function') return ['function', keep(inner)]
      if (inner instanceof Promise) {
        const id = ++last
        inner.then(
          result => tell('settle', { id, value: wrap(result) }),
          error => tell('settle', { id, error: String((error as Error)?.message ?? error) })
        )
        return ['promise', id]
      }
      // A real structured clone refuses what Electron would refuse: a proxy, say.
      if (
        typeof inner === 'object' &&
        inner !== null &&
        !Object.values(inner).some(item => typeof item === 'function' || item instanceof Promise)
      )
        structuredClone(inner)
      return undefined
    })

  const unwrap = (packed: unknown): unknown =>
    unpack(packed, (kind, content) => {
      if (kind === 'promise') return new Promise((resolve, reject) => awaited.set(content as number, { resolve, reject }))
      return (...values: unknown[]) => {
        reply = undefined
        tell('call', { id: content, values: values.map(wrap) })
        const { value, error } = reply as unknown as { value?: unknown; error?: string }
        if (error !== undefined) throw new Error(error)
        return unwrap(value)
      }
    })

  const hear: Record<string, (content: never) => void> = {
    call({ id, values }: { id: number; values: unknown[] }) {
      try {
        tell('reply', { value: wrap((kept.get(id) as (...values: unknown[]) => unknown)(...values.map(unwrap))) })
      } catch (error) {
        tell('reply', { error: String((error as Error)?.message ?? error) })
      }
    },
    reply(content: { value?: unknown; error?: string }) {
      reply = content
    },
    settle({ id, value, error }: { id: number; value?: unknown; error?: string }) {
      const promise = awaited.get(id)
      awaited.delete(id)
      if (error === undefined) promise?.resolve(unwrap(value))
      else promise?.reject(new Error(error))
    }
  }
  addEventListener(own, event => {
    const [type, content] = JSON.parse((event as CustomEvent<string>).detail) as [string, never]
    hear[type]?.(content)
  })
  return { wrap, unwrap, tell, hear }
}

/** The modules' members that a preload of the stand-in finds. */
export interface PreloadElectron {
  readonly ipcRenderer: {
    send(channel: string, ...values: unknown[]): void
    on(channel: string, listener: (event: unknown, ...values: unknown[]) => void): void
    off(channel: string, listener: (event: unknown, ...values: unknown[]) => void): void
  }
  readonly contextBridge: { exposeInMainWorld(key: string, api: unknown): void }
}

/** The isolated world: runs the preload with the two modules' members that a sandboxed preload may use. */
export function isolated(
  data: Cloning,
  makeMembrane: typeof membrane,
  names: { own: string; other: string; post: string; deliver: string },
  /** The preload's text as the body of a CommonJS module. */
  preload: (require: (name: string) => unknown, module: object, exports: object) => void
) {
  const { wrap, tell, hear } = makeMembrane(data, names.own, names.other)
  const world = globalThis as unknown as Record<string, (text: string) => void>
  const listeners = new Map<string, Set<(event: unknown, ...values: unknown[]) => void>>()
  const exposed: [string, unknown][] = []
  const on = (channel: string, listener: (event: unknown, ...values: unknown[]) => void) => {
    if (!listeners.has(channel)) listeners.set(channel, new Set())
    listeners.get(channel)!.add(listener)
  }
  const ipcRenderer: PreloadElectron['ipcRenderer'] = {
    send: (channel, ...values) => world[names.post]!(JSON.stringify({ channel, values: data.pack(structuredClone(values)) })),
    on,
    off: (channel, listener) => void listeners.get(channel)?.delete(listener)
  }
  const contextBridge: PreloadElectron['contextBridge'] = {
    exposeInMainWorld(key, api) {
      const packed = wrap(api)
      exposed.push([key, packed])
      tell('expose', [key, packed])
    }
  }
  // The page's world may begin after this one.
  hear['begin'] = () => exposed.forEach(entry => tell('expose', entry))
  world[names.deliver] = text => {
    const { channel, values } = JSON.parse(text) as { channel: string; values: unknown }
    for (const listener of [...(listeners.get(channel) ?? [])]) listener({}, ...(data.unpack(values) as unknown[]))
  }
  const guarded = (name: string, target: object) =>
    new Proxy(target, {
      get(whole, key) {
        if (key in whole || typeof key === 'symbol') return Reflect.get(whole, key) as unknown
        throw new Error(`${name}.${key} is not implemented in the stand-in`)
      }
    })
  const electron = { contextBridge: guarded('contextBridge', contextBridge), ipcRenderer: guarded('ipcRenderer', ipcRenderer) }
  const require = (name: string) => {
    if (name === 'electron') return guarded('electron', electron)
    throw new Error(`module not found: ${name}`)
  }
  const module = { exports: {} }
  try {
    preload(require, module, module.exports)
  } catch (error) {
    console.error('Unable to load preload script', String((error as Error).stack ?? error))
  }
}

/** The page's world: shows what the preload exposes, frozen, and refuses windows as the main process decided. */
export function pageWorld(
  data: Cloning,
  makeMembrane: typeof membrane,
  names: { own: string; other: string },
  windowsAllowed: boolean
) {
  const { unwrap, tell, hear } = makeMembrane(data, names.own, names.other)
  const freeze = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
    Object.values(value).forEach(freeze)
    return Object.freeze(value)
  }
  hear['expose'] = ([key, packed]: [string, unknown]) => {
    if (!Object.hasOwn(globalThis, key))
      Object.defineProperty(globalThis, key, { value: freeze(unwrap(packed)), enumerable: true })
  }
  tell('begin', null)
  if (windowsAllowed) return
  window.open = () => null
  addEventListener(
    'click',
    event => {
      const link = (event.target as Element | null)?.closest?.('a[target]')
      if (link && link.getAttribute('target') !== '_self') event.preventDefault()
    },
    true
  )
}
