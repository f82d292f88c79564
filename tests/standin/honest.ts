/**
 * Holds the stand-in to Electron's own types, member by member: what the lab gets from it is what
 * Electron would give. Only compiled, never run. Left out are members whose values are Electron's
 * objects (a window's `webContents`, a message's sender): `as-electron.ts` covers their use.
 */
import type * as Electron from 'electron'
import type { electronModule } from './electron-module.ts'
import type { PreloadElectron } from './page-worlds.ts'

type StandIn = ReturnType<typeof electronModule>['module']
declare const standIn: StandIn
declare const preload: PreloadElectron

standIn.app satisfies Pick<
  Electron.App,
  | 'emit'
  | 'enableSandbox'
  | 'exit'
  | 'getAppPath'
  | 'getLocale'
  | 'getName'
  | 'getPath'
  | 'getVersion'
  | 'isPackaged'
  | 'isReady'
  | 'quit'
  | 'requestSingleInstanceLock'
  | 'setPath'
  | 'whenReady'
>
standIn.dialog satisfies Pick<Electron.Dialog, 'showErrorBox' | 'showMessageBox' | 'showOpenDialog'>
standIn.nativeTheme satisfies Pick<Electron.NativeTheme, 'shouldUseDarkColors' | 'themeSource'>
standIn.powerSaveBlocker satisfies Pick<Electron.PowerSaveBlocker, 'isStarted' | 'start' | 'stop'>
standIn.protocol satisfies Pick<Electron.Protocol, 'handle' | 'registerSchemesAsPrivileged'>
standIn.session.defaultSession satisfies Pick<Electron.Session, 'setDevicePermissionHandler' | 'setPermissionCheckHandler'>
standIn.shell satisfies Pick<Electron.Shell, 'openPath'>
standIn.screen.getPrimaryDisplay satisfies () => Pick<Electron.Display, 'bounds' | 'id' | 'workArea'>
standIn.screen.getAllDisplays satisfies () => Pick<Electron.Display, 'bounds' | 'id' | 'workArea'>[]

declare const menu: ReturnType<StandIn['Menu']['buildFromTemplate']>
standIn.Menu.getApplicationMenu satisfies () => typeof menu | null
menu.items satisfies Pick<Electron.MenuItem, 'checked' | 'label' | 'type'>[]

declare const window: InstanceType<StandIn['BrowserWindow']>
window satisfies Pick<
  Electron.BrowserWindow,
  | 'close'
  | 'destroy'
  | 'focus'
  | 'getBounds'
  | 'getNormalBounds'
  | 'id'
  | 'isDestroyed'
  | 'isMaximized'
  | 'isMinimized'
  | 'loadURL'
  | 'maximize'
  | 'minimize'
  | 'restore'
  | 'setBounds'
  | 'show'
>
standIn.BrowserWindow satisfies new (options: Electron.BrowserWindowConstructorOptions) => object
window.webContents satisfies Pick<
  Electron.WebContents,
  'close' | 'executeJavaScript' | 'getURL' | 'id' | 'isDestroyed' | 'loadURL' | 'reload' | 'send'
>

preload.contextBridge satisfies Pick<Electron.ContextBridge, 'exposeInMainWorld'>
preload.ipcRenderer.send satisfies Electron.IpcRenderer['send']
