/** `webContents`: one page in Chromium, its preload, its messages, and what the main process lets it do. */
import { EventEmitter } from 'node:events'
import type { Chromium } from './chromium.ts'
import { cloning } from './cloning.ts'
import { PreventableEvent } from './events.ts'
import { deliverName, isolated, isolatedWorld, membrane, pageWorld, postBinding } from './page-worlds.ts'
import { inside, outside, type StandInSession } from './session.ts'

interface Paused {
  requestId: string
  frameId: string
  resourceType: string
  request: { url: string; method: string; headers: Record<string, string>; postData?: string }
}

/** A frame as a message's sender. */
export interface SenderFrame {
  readonly url: string
  readonly origin: string
  readonly parent: SenderFrame | null
}

/** The text of a script that runs one of the worlds' functions; a preload has no business in frames. */
const inTopFrame = (world: typeof isolated | typeof pageWorld, names: object, last: string) =>
  `if (window === window.top) (${world})((${cloning})(), ${membrane}, ${JSON.stringify(names)}, ${last})`

let lastId = 0
const data = cloning()

export class StandInWebContents extends EventEmitter {
  readonly id = ++lastId
  targetId = ''
  #sessionId = ''
  #url = ''
  #context: number | undefined
  #ownNavigation = false
  #destroyed = false
  #windowOpenHandler: ((details: { url: string }) => { action: string }) | undefined

  constructor(
    private readonly chromium: Chromium,
    readonly session: StandInSession,
    private readonly ipcMain: EventEmitter,
    /** Text of the preload, when there is one. */
    private readonly preload: string | undefined,
    private readonly closeWindow: () => void
  ) {
    super()
    this.setMaxListeners(0)
  }

  /** Opens the page; nothing is loaded yet. */
  async open(width: number, height: number): Promise<void> {
    await this.session.apply(this.chromium)
    const { targetId } = await this.chromium.send<{ targetId: string }>('Target.createTarget', {
      url: 'about:blank',
      width,
      height,
      newWindow: true
    })
    this.targetId = targetId
    const { sessionId } = await this.chromium.send<{ sessionId: string }>('Target.attachToTarget', { targetId, flatten: true })
    this.#sessionId = sessionId
    this.#listen()
    await this.#send('Page.enable')
    await this.#send('Runtime.enable')
    await this.#send('Fetch.enable', { patterns: [{ urlPattern: '*' }] })
    await this.#send('Runtime.addBinding', { name: postBinding, executionContextName: isolatedWorld })
    const windowsAllowed = this.#windowOpenHandler?.({ url: '' }).action !== 'deny'
    const [mine, theirs] = ['stand-in-isolated', 'stand-in-page']
    if (this.preload !== undefined)
      await this.#send('Page.addScriptToEvaluateOnNewDocument', {
        worldName: isolatedWorld,
        source: inTopFrame(
          isolated,
          { own: mine, other: theirs, post: postBinding, deliver: deliverName },
          `(require, module, exports) => {${this.preload}\n}`
        )
      })
    await this.#send('Page.addScriptToEvaluateOnNewDocument', {
      source: inTopFrame(pageWorld, { own: theirs, other: mine }, String(windowsAllowed))
    })
  }

  #send<T>(method: string, params: object = {}): Promise<T> {
    return this.chromium.send<T>(method, params, this.#sessionId)
  }

  #on(method: string, listener: (params: never) => void) {
    this.chromium.on(method, (params: unknown, sessionId: unknown) => {
      if (sessionId === this.#sessionId && !this.#destroyed) listener(params as never)
    })
  }

  #listen() {
    this.#on('Fetch.requestPaused', (paused: Paused) => void this.#decide(paused).catch(() => {}))
    this.#on('Page.frameNavigated', ({ frame }: { frame: { url: string; parentId?: string } }) => {
      if (!frame.parentId) this.#url = outside(frame.url)
    })
    this.#on('Page.navigatedWithinDocument', ({ frameId, url }: { frameId: string; url: string }) => {
      if (frameId === this.targetId) this.#url = outside(url)
    })
    this.#on('Page.loadEventFired', () => this.emit('did-finish-load'))
    this.#on(
      'Runtime.executionContextCreated',
      ({ context }: { context: { id: number; name: string; auxData: { frameId: string } } }) => {
        if (context.name === isolatedWorld && context.auxData.frameId === this.targetId) this.#context = context.id
      }
    )
    this.#on('Runtime.executionContextsCleared', () => (this.#context = undefined))
    this.#on('Runtime.bindingCalled', ({ name, payload }: { name: string; payload: string }) => {
      if (name !== postBinding) return
      const { channel, values } = JSON.parse(payload) as { channel: string; values: unknown }
      this.ipcMain.emit(channel, this.#messageEvent(), ...(data.unpack(values) as unknown[]))
    })
    this.chromium.on('Target.targetDestroyed', ({ targetId }: { targetId: string }) => {
      if (targetId === this.targetId) this.destroy()
    })
  }

  #messageEvent() {
    return Object.assign(new PreventableEvent(), {
      sender: this,
      senderFrame: this.mainFrame,
      reply: (channel: string, ...values: unknown[]) => this.send(channel, ...values)
    })
  }

  /** What becomes of a request: refused as a navigation, cancelled by the session, answered by a protocol's handler. */
  async #decide({ requestId, frameId, resourceType, request }: Paused) {
    const url = outside(request.url)
    const fail = (errorReason: string) => this.#send('Fetch.failRequest', { requestId, errorReason })
    if (resourceType === 'Document') {
      const isMainFrame = frameId === this.targetId
      const details = { url, isMainFrame, isSameDocument: false }
      if (!this.#ownNavigation) {
        const event = Object.assign(new PreventableEvent(), details)
        this.emit('will-frame-navigate', event)
        if (isMainFrame) this.emit('will-navigate', event, url)
        if (event.defaultPrevented) return fail('Aborted')
      }
      if (isMainFrame) this.emit('did-start-navigation', Object.assign(new PreventableEvent(), details))
    }
    if (await this.session.cancels(url, resourceType)) return fail('BlockedByClient')
    const response = await this.session.answer(url, request)
    if (!response) return this.#send('Fetch.continueRequest', { requestId })
    return this.#send('Fetch.fulfillRequest', {
      requestId,
      responseCode: response.status,
      responseHeaders: [...response.headers].map(([name, value]) => ({ name, value })),
      body: Buffer.from(await response.arrayBuffer()).toString('base64')
    })
  }

  async #navigate(act: () => Promise<{ errorText?: string }>, url: string): Promise<void> {
    this.#ownNavigation = true
    const loaded = new Promise<void>(resolve => this.once('did-finish-load', resolve))
    try {
      const { errorText } = await act()
      if (errorText) throw new Error(`${errorText.replace('net::', '')} loading '${url}'`)
      await loaded
    } finally {
      this.#ownNavigation = false
    }
  }

  loadURL(url: string): Promise<void> {
    return this.#navigate(() => this.#send('Page.navigate', { url: inside(url) }), url)
  }
  reload(): void {
    void this.#navigate(async () => (await this.#send('Page.reload'), {}), this.#url).catch(() => {})
  }
  get mainFrame(): SenderFrame {
    const origin = /^\w+:\/\/[^/]+/.exec(this.#url)?.[0] ?? 'null'
    return { url: this.#url, origin, parent: null }
  }
  getURL = () => this.#url
  isDestroyed = () => this.#destroyed
  setWindowOpenHandler(handler: (details: { url: string }) => { action: string }) {
    this.#windowOpenHandler = handler
  }
  send(channel: string, ...values: unknown[]) {
    const text = JSON.stringify({ channel, values: data.pack(structuredClone(values)) })
    if (this.#context !== undefined)
      void this.#send('Runtime.evaluate', {
        contextId: this.#context,
        expression: `${deliverName}(${JSON.stringify(text)})`
      }).catch(() => {})
  }
  executeJavaScript(expression: string): Promise<unknown> {
    return this.#send<{ result: { value: unknown } }>('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true
    }).then(({ result }) => result.value)
  }
  close() {
    this.closeWindow()
  }

  /** The page has gone, or goes now. */
  destroy() {
    if (this.#destroyed) return
    this.#destroyed = true
    void this.chromium.send('Target.closeTarget', { targetId: this.targetId }).catch(() => {})
    this.emit('destroyed')
  }
}
