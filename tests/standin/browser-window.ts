/** `BrowserWindow`: a page with a place on a screen that nobody sees. */
import { EventEmitter } from 'node:events'
import { readFileSync } from 'node:fs'
import type { StandInApp } from './app.ts'
import type { Chromium } from './chromium.ts'
import { prevented } from './events.ts'
import type { StandInSession } from './session.ts'
import { StandInWebContents } from './web-contents.ts'

export interface WindowOptions {
  readonly x?: number
  readonly y?: number
  readonly width?: number
  readonly height?: number
  readonly minWidth?: number
  readonly minHeight?: number
  readonly show?: boolean
  readonly title?: string
  readonly backgroundColor?: string
  readonly webPreferences?: {
    readonly preload?: string
    readonly sandbox?: boolean
    readonly contextIsolation?: boolean
    readonly nodeIntegration?: boolean
    readonly webSecurity?: boolean
    readonly navigateOnDragDrop?: boolean
    readonly spellcheck?: boolean
  }
}

/** What the windows share. */
export interface WindowHost {
  readonly app: StandInApp
  readonly chromium: () => Chromium
  readonly session: StandInSession
  readonly ipcMain: EventEmitter
}

/** The class `BrowserWindow` for one application. */
export function browserWindowClass({ app, chromium, session, ipcMain }: WindowHost) {
  const windows = new Set<StandInBrowserWindow>()
  let focusedId = 0
  let lastId = 0

  class StandInBrowserWindow extends EventEmitter {
    readonly id = ++lastId
    readonly webContents: StandInWebContents
    #bounds: { x: number; y: number; width: number; height: number }
    #maximized = false
    #minimized = false
    #destroyed = false
    #opened: Promise<void>

    constructor(readonly options: WindowOptions = {}) {
      super()
      const { width = 800, height = 600, webPreferences = {} } = options
      // What Electron does by default would be safe too; a setting that is switched off by hand is not.
      const { preload, sandbox, contextIsolation, nodeIntegration, webSecurity } = webPreferences
      if (sandbox === false || contextIsolation === false || nodeIntegration === true || webSecurity === false)
        throw new Error('The stand-in has no windows without sandbox, context isolation and web security.')
      this.#bounds = {
        x: options.x ?? Math.round((1920 - width) / 2),
        y: options.y ?? Math.round((1080 - height) / 2),
        width,
        height
      }
      this.webContents = new StandInWebContents(chromium(), session, ipcMain, preload && readFileSync(preload, 'utf8'), () =>
        this.close()
      )
      windows.add(this)
      app.emit('web-contents-created', {}, this.webContents)
      app.emit('browser-window-created', {}, this)
      this.webContents.once('did-finish-load', () => this.emit('ready-to-show'))
      this.webContents.once('destroyed', () => this.destroy())
      // Handlers that are set in the same turn count already.
      this.#opened = Promise.resolve().then(() => this.webContents.open(width, height))
    }

    static getAllWindows = () => [...windows]
    static getFocusedWindow = () => [...windows].find(window => window.id === focusedId) ?? null
    static fromWebContents = (contents: StandInWebContents) =>
      [...windows].find(window => window.webContents === contents) ?? null

    async loadURL(url: string) {
      await this.#opened
      await this.webContents.loadURL(url)
    }
    show() {
      this.focus()
    }
    focus() {
      focusedId = this.id
      this.emit('focus')
    }
    isDestroyed = () => this.#destroyed
    isMinimized = () => this.#minimized
    minimize() {
      this.#minimized = true
    }
    restore() {
      this.#minimized = false
    }
    isMaximized = () => this.#maximized
    maximize() {
      this.#maximized = true
    }
    getBounds = () => ({ ...this.#bounds })
    getNormalBounds = () => ({ ...this.#bounds })
    setBounds(bounds: Partial<{ x: number; y: number; width: number; height: number }>) {
      this.#bounds = { ...this.#bounds, ...bounds }
    }
    close() {
      if (!this.#destroyed && !prevented(this, 'close')) this.destroy()
    }
    destroy() {
      if (this.#destroyed) return
      this.#destroyed = true
      windows.delete(this)
      this.webContents.destroy()
      this.emit('closed')
      if (windows.size > 0 || quitting) return
      if (app.listenerCount('window-all-closed') === 0) app.quit()
      else app.emit('window-all-closed')
    }
  }

  let quitting = false
  app.host.closeWindows = () => {
    quitting = true
    for (const window of windows) window.close()
    quitting = false
    return windows.size === 0
  }
  return StandInBrowserWindow
}
