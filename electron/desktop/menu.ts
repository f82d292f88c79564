/** The native menu as data. */
import type { MenuItemConstructorOptions } from 'electron'
import type { Settings } from '../contract/system.ts'
import { menuText, type MenuText } from './menu-text.ts'

/** What the menu's own items do. */
export interface MenuActions {
  go(room: string): void
  change(settings: Partial<Settings>): void
  importModel(): void
  openHome(): void
}

/** Rooms the menu leads to, in the page's order. */
export const menuRooms = ['probe', 'training', 'models'] as const satisfies readonly (keyof MenuText)[]

/**
 * The whole menu for the settings: built anew whenever they change.
 * @param developer whether developer tools are offered (not in packaged applications)
 */
export function menuTemplate(
  settings: Settings,
  platform: NodeJS.Platform,
  developer: boolean,
  actions: MenuActions
): MenuItemConstructorOptions[] {
  const text = menuText(settings.language)
  const mac = platform === 'darwin'
  const separator: MenuItemConstructorOptions = { type: 'separator' }
  const radio = (label: string, checked: boolean, change: Partial<Settings>): MenuItemConstructorOptions => ({
    label,
    type: 'radio',
    checked,
    click: () => actions.change(change)
  })

  const application: MenuItemConstructorOptions = {
    label: 'GPT Lab',
    submenu: [
      { label: text.about, role: 'about' },
      separator,
      { label: text.services, role: 'services' },
      separator,
      { label: text.hide, role: 'hide' },
      { label: text.hideOthers, role: 'hideOthers' },
      { label: text.showAll, role: 'unhide' },
      separator,
      { label: text.quit, role: 'quit' }
    ]
  }
  const file: MenuItemConstructorOptions = {
    label: text.file,
    submenu: [
      { id: 'import-model', label: text.importModel, accelerator: 'CmdOrCtrl+O', click: () => actions.importModel() },
      { id: 'open-home', label: text.openHome, click: () => actions.openHome() },
      separator,
      { label: text.closeWindow, role: 'close' },
      ...(mac ? [] : [{ label: text.quit, role: 'quit' } as const])
    ]
  }
  const edit: MenuItemConstructorOptions = {
    label: text.edit,
    submenu: [
      { label: text.undo, role: 'undo' },
      { label: text.redo, role: 'redo' },
      separator,
      { label: text.cut, role: 'cut' },
      { label: text.copy, role: 'copy' },
      { label: text.paste, role: 'paste' },
      { label: text.selectAll, role: 'selectAll' }
    ]
  }
  const rooms: MenuItemConstructorOptions = {
    label: text.rooms,
    submenu: menuRooms.map((room, index) => ({
      id: `room-${room}`,
      label: text[room],
      accelerator: `CmdOrCtrl+${index + 1}`,
      click: () => actions.go(room)
    }))
  }
  const view: MenuItemConstructorOptions = {
    label: text.view,
    submenu: [
      {
        id: 'language',
        label: text.language,
        // Each language by its own name, so that whoever cannot read this menu finds the way out.
        submenu: [
          radio('中文', settings.language === 'zh-CN', { language: 'zh-CN' }),
          radio('English', settings.language === 'en', { language: 'en' })
        ]
      },
      {
        id: 'theme',
        label: text.theme,
        submenu: (['system', 'light', 'dark'] as const).map(theme => radio(text[theme], settings.theme === theme, { theme }))
      },
      {
        id: 'present',
        label: text.present,
        type: 'checkbox',
        checked: settings.present,
        click: () => actions.change({ present: !settings.present })
      },
      separator,
      { label: text.zoomIn, role: 'zoomIn' },
      { label: text.zoomOut, role: 'zoomOut' },
      { label: text.actualSize, role: 'resetZoom' },
      { label: text.fullScreen, role: 'togglefullscreen' },
      separator,
      { label: text.reload, role: 'reload' },
      ...(developer ? [{ label: text.developerTools, role: 'toggleDevTools' } as const] : [])
    ]
  }
  const windows: MenuItemConstructorOptions = {
    label: text.window,
    role: 'windowMenu',
    submenu: [
      { label: text.minimize, role: 'minimize' },
      { label: text.zoom, role: 'zoom' }
    ]
  }
  return [...(mac ? [application] : []), file, edit, rooms, view, ...(mac ? [windows] : [])]
}
