/**
 * The stand-in as the module `electron`, for the compiler: `tsconfig.json` beside this file compiles the
 * desktop against it, so that the lab uses no member which the stand-in has not.
 */
import type { PreventableEvent } from './events.ts'
import type { electronModule } from './electron-module.ts'
import type { PreloadElectron } from './page-worlds.ts'
import type { StandInSession } from './session.ts'
import type { ItemTemplate } from './system.ts'
import type { SenderFrame, StandInWebContents } from './web-contents.ts'

type StandIn = ReturnType<typeof electronModule>['module']

export declare const app: StandIn['app']
export declare const BrowserWindow: StandIn['BrowserWindow']
export declare const dialog: StandIn['dialog']
export declare const ipcMain: StandIn['ipcMain']
export declare const Menu: StandIn['Menu']
export declare const nativeTheme: StandIn['nativeTheme']
export declare const powerMonitor: StandIn['powerMonitor']
export declare const powerSaveBlocker: StandIn['powerSaveBlocker']
export declare const protocol: StandIn['protocol']
export declare const screen: StandIn['screen']
export declare const session: StandIn['session']
export declare const shell: StandIn['shell']
export declare const contextBridge: PreloadElectron['contextBridge']
export declare const ipcRenderer: PreloadElectron['ipcRenderer']

export type BrowserWindow = InstanceType<StandIn['BrowserWindow']>
export type WebContents = StandInWebContents
export type Session = StandInSession
export type MenuItemConstructorOptions = ItemTemplate
export type { MessageBoxOptions, OpenDialogOptions } from './system.ts'
export interface IpcMainEvent extends PreventableEvent {
  readonly sender: StandInWebContents
  readonly senderFrame: SenderFrame | null
  reply(channel: string, ...values: unknown[]): void
}
