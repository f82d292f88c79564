/**
 * The module `electron` of the stand-in: exactly the members that the lab uses. `honest.ts` holds each to
 * Electron's own types, `as-electron.ts` holds the lab to the stand-in's, and a member that is missing
 * names itself when it is asked for.
 */
import { EventEmitter } from 'node:events'
import { StandInApp } from './app.ts'
import { browserWindowClass } from './browser-window.ts'
import type { Chromium } from './chromium.ts'
import { guarded } from './events.ts'
import { protocol, StandInSession } from './session.ts'
import * as system from './system.ts'
import type { StandInWebContents } from './web-contents.ts'

export function electronModule(manifest: { name: string; version: string; folder: string }, chromium: () => Chromium) {
  const app = new StandInApp(manifest.name, manifest.version, manifest.folder)
  const session = new StandInSession()
  const ipcMain = new EventEmitter()
  const BrowserWindow = browserWindowClass({ app, chromium, session, ipcMain })
  const webContents = {
    getAllWebContents: () => BrowserWindow.getAllWindows().map(window => window.webContents),
    fromDevToolsTargetId: (id: string): StandInWebContents | undefined =>
      webContents.getAllWebContents().find(contents => contents.targetId === id)
  }

  const module = {
    app: guarded('app', app),
    BrowserWindow,
    dialog: guarded('dialog', system.dialog),
    ipcMain: guarded('ipcMain', ipcMain),
    Menu: guarded('Menu', system.Menu),
    nativeTheme: guarded('nativeTheme', system.nativeTheme),
    powerMonitor: guarded('powerMonitor', system.powerMonitor),
    powerSaveBlocker: guarded('powerSaveBlocker', system.powerSaveBlocker),
    protocol: guarded('protocol', protocol),
    screen: guarded('screen', system.screen),
    session: guarded('session', { defaultSession: guarded('session.defaultSession', session) }),
    shell: guarded('shell', system.shell),
    webContents: guarded('webContents', webContents)
  }
  return { module: guarded('electron', module), app }
}
