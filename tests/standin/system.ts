/** The system around the application: menus, dialogs, screens, power, as far as a machine without a display has them. */
import { EventEmitter } from 'node:events'

export interface ItemTemplate {
  readonly id?: string
  readonly label?: string
  readonly type?: 'normal' | 'separator' | 'submenu' | 'checkbox' | 'radio' | 'header' | 'palette'
  readonly checked?: boolean
  readonly role?: string
  readonly accelerator?: string
  readonly click?: (...values: never[]) => void
  readonly submenu?: readonly ItemTemplate[]
}
class StandInMenuItem {
  readonly id: string | undefined
  readonly label: string
  readonly type: NonNullable<ItemTemplate['type']>
  readonly checked: boolean
  readonly role: string | undefined
  readonly accelerator: string | undefined
  readonly submenu: StandInMenu | undefined
  readonly click: () => void
  constructor(template: ItemTemplate) {
    this.id = template.id
    this.label = template.label ?? ''
    this.type = template.type ?? (template.submenu ? 'submenu' : 'normal')
    this.checked = template.checked ?? false
    // Electron says roles in small letters.
    this.role = template.role?.toLowerCase()
    this.accelerator = template.accelerator
    this.submenu = template.submenu && new StandInMenu(template.submenu)
    this.click = () => template.click?.()
  }
}
class StandInMenu {
  readonly items: StandInMenuItem[]
  constructor(template: readonly ItemTemplate[]) {
    this.items = template.map(item => new StandInMenuItem(item))
  }
  getMenuItemById(id: string): StandInMenuItem | null {
    for (const item of this.items) {
      const found = item.id === id ? item : item.submenu?.getMenuItemById(id)
      if (found) return found
    }
    return null
  }
}

let applicationMenu: StandInMenu | null = null
export const Menu = {
  buildFromTemplate: (template: readonly ItemTemplate[]) => new StandInMenu(template),
  setApplicationMenu: (menu: StandInMenu | null) => void (applicationMenu = menu),
  getApplicationMenu: () => applicationMenu
}

export interface OpenDialogOptions {
  readonly title?: string
  readonly buttonLabel?: string
  readonly properties?: readonly string[]
}
export interface MessageBoxOptions {
  readonly type?: string
  readonly title?: string
  readonly message: string
  readonly detail?: string
  readonly buttons?: readonly string[]
  readonly defaultId?: number
  readonly cancelId?: number
  readonly noLink?: boolean
}
/** What a dialog is asked: its options, after the window it belongs to where there is one. */
type Asked<Options> = [options: Options] | [window: object, options: Options]

/** Dialogs that a test has not scripted are closed at once, as by Escape. */
export const dialog = {
  showOpenDialog: async (..._: Asked<OpenDialogOptions>): Promise<{ canceled: boolean; filePaths: string[] }> => ({
    canceled: true,
    filePaths: []
  }),
  showMessageBox: async (...asked: Asked<MessageBoxOptions>): Promise<{ response: number; checkboxChecked: boolean }> => ({
    response: (asked.at(-1) as MessageBoxOptions).cancelId ?? 0,
    checkboxChecked: false
  }),
  showErrorBox(title: string, content: string) {
    console.error(`${title}: ${content}`)
  }
}

const blockers = new Set<number>()
let lastBlocker = 0
export const powerSaveBlocker = {
  start(_type: 'prevent-app-suspension' | 'prevent-display-sleep') {
    blockers.add(++lastBlocker)
    return lastBlocker
  },
  stop: (id: number) => blockers.delete(id),
  isStarted: (id: number) => blockers.has(id)
}

export const powerMonitor = new EventEmitter()

const display = { id: 1, workArea: { x: 0, y: 0, width: 1920, height: 1040 }, bounds: { x: 0, y: 0, width: 1920, height: 1080 } }
export const screen = { getPrimaryDisplay: () => display, getAllDisplays: () => [display] }

export const nativeTheme: { themeSource: 'system' | 'light' | 'dark'; readonly shouldUseDarkColors: boolean } = {
  themeSource: 'system',
  get shouldUseDarkColors() {
    return this.themeSource === 'dark'
  }
}

export const shell = { openPath: async (_path: string) => '' }
