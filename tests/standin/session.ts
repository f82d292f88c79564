/** `session` and `protocol`: what a page's requests meet before any network. */
import { EventEmitter } from 'node:events'
import type { Chromium } from './chromium.ts'

type Handler = (request: Request) => Response | Promise<Response>
type BeforeRequest = (request: { url: string; resourceType: string }, decide: (answer: { cancel?: boolean }) => void) => void
type Permit = (contents: unknown, permission: string, decide: (granted: boolean) => void, details: object) => void

/** Schemes that the main process answers, known to Chromium as addresses of a name that exists nowhere. */
const handlers = new Map<string, Handler>()
const privileged = new Set<string>()

/** An address as Chromium sees it: `app://lab/x` is `https://lab.app.invalid/x`, secure and with an origin. */
export function inside(url: string): string {
  const [, scheme, host, rest] = /^([\w+.-]+):\/\/([^/]*)(.*)$/.exec(url) ?? []
  return scheme !== undefined && privileged.has(scheme) ? `https://${host}.${scheme}.invalid${rest}` : url
}

/** The same the other way round. */
export function outside(url: string): string {
  const [, host, scheme, rest] = /^https:\/\/([^/]*)\.([\w+-]+)\.invalid(.*)$/.exec(url) ?? []
  return scheme !== undefined && privileged.has(scheme) ? `${scheme}://${host}${rest}` : url
}

/** Permissions that a page can ask for, by Chromium's names and by Electron's. */
const permissions = {
  geolocation: 'geolocation',
  notifications: 'notifications',
  audioCapture: 'media',
  videoCapture: 'media',
  midi: 'midi',
  clipboardReadWrite: 'clipboard-read'
}

export class StandInSession extends EventEmitter {
  #permit: Permit | undefined
  #beforeRequest: BeforeRequest | undefined

  setPermissionRequestHandler(handler: Permit | null) {
    this.#permit = handler ?? undefined
  }
  setPermissionCheckHandler(_handler: unknown) {}
  setDevicePermissionHandler(_handler: unknown) {}
  readonly webRequest = { onBeforeRequest: (listener: BeforeRequest) => void (this.#beforeRequest = listener) }

  /** Asks the application about every permission, as a page's question would; without a handler Electron grants. */
  async apply(chromium: Chromium): Promise<void> {
    for (const [type, permission] of Object.entries(permissions)) {
      const granted = await new Promise<boolean>(resolve =>
        this.#permit ? this.#permit(null, permission, resolve, {}) : resolve(true)
      )
      if (granted) await chromium.send('Browser.grantPermissions', { permissions: [type] })
      else await chromium.send('Browser.setPermission', { permission: { name: names[type] ?? type }, setting: 'denied' })
    }
  }

  async cancels(url: string, resourceType: string): Promise<boolean> {
    const listener = this.#beforeRequest
    if (!listener) return false
    return new Promise(resolve => listener({ url, resourceType }, ({ cancel }) => resolve(cancel === true)))
  }

  /** The answer of a scheme's handler, or null for what is none of ours. */
  async answer(
    url: string,
    request: { method: string; headers: Record<string, string>; postData?: string }
  ): Promise<Response | null> {
    const handler = handlers.get(url.split(':')[0]!)
    return handler
      ? handler(new Request(url, { method: request.method, headers: request.headers, body: request.postData }))
      : null
  }
}

/** Names of `Browser.setPermission` where they differ from those of `Browser.grantPermissions`. */
const names: Record<string, string> = { audioCapture: 'microphone', videoCapture: 'camera', clipboardReadWrite: 'clipboard-read' }

export const protocol = {
  registerSchemesAsPrivileged(schemes: readonly { scheme: string; privileges?: { standard?: boolean; secure?: boolean } }[]) {
    for (const { scheme, privileges } of schemes) if (privileges?.standard && privileges.secure) privileged.add(scheme)
  },
  handle(scheme: string, handler: Handler) {
    handlers.set(scheme, handler)
  }
}
