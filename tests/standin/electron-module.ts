/**
 * The module `electron` of the stand-in: exactly the members that the lab uses. Each is held to
 * Electron's own types as far as those can be met without its objects, and names itself when
 * something else is asked of it.
 */
import { EventEmitter } from 'node:events'
import type * as Electron from 'electron'
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

  app satisfies Pick<
    Electron.App,
    | 'isReady'
    | 'whenReady'
    | 'getVersion'
    | 'getAppPath'
    | 'getLocale'
    | 'enableSandbox'
    | 'setPath'
    | 'getPath'
    | 'requestSingleInstanceLock'
    | 'quit'
    | 'exit'
    | 'isPackaged'
  >
  protocol satisfies Pick<Electron.Protocol, 'registerSchemesAsPrivileged'>
  system.dialog satisfies Pick<Electron.Dialog, 'showErrorBox' | 'showOpenDialog' | 'showMessageBox'>
  system.powerSaveBlocker satisfies Pick<Electron.PowerSaveBlocker, 'start' | 'stop' | 'isStarted'>
  system.shell satisfies Pick<Electron.Shell, 'openPath'>
  system.screen.getPrimaryDisplay satisfies () => Pick<Electron.Display, 'id' | 'workArea' | 'bounds'>
  undefined as unknown as InstanceType<typeof BrowserWindow> satisfies Pick<
    Electron.BrowserWindow,
    | 'id'
    | 'loadURL'
    | 'show'
    | 'focus'
    | 'isDestroyed'
    | 'isMinimized'
    | 'minimize'
    | 'restore'
    | 'isMaximized'
    | 'maximize'
    | 'getBounds'
    | 'getNormalBounds'
    | 'setBounds'
    | 'close'
    | 'destroy'
  >
  undefined as unknown as StandInWebContents satisfies Pick<
    Electron.WebContents,
    'id' | 'loadURL' | 'reload' | 'getURL' | 'isDestroyed' | 'send' | 'executeJavaScript' | 'close'
  >

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
