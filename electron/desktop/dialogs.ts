/** The desktop as the lab's host: native dialogs and the file manager. */
import { BrowserWindow, dialog, shell, type OpenDialogOptions } from 'electron'
import type { HostPort } from '../contract/handlers.ts'
import { filled, type MenuText } from './menu-text.ts'

/** @param text words of the language in use now */
export function desktopHost(text: () => MenuText): HostPort {
  return {
    host: 'electron',
    async chooseFolder(purpose, name) {
      const words = text()
      const options: OpenDialogOptions = {
        title: filled(purpose === 'import' ? words.chooseImport : words.chooseExport, { name }),
        buttonLabel: purpose === 'import' ? words.importHere : words.exportHere,
        properties: purpose === 'import' ? ['openDirectory'] : ['openDirectory', 'createDirectory']
      }
      const window = BrowserWindow.getFocusedWindow() ?? BrowserWindow.getAllWindows()[0]
      const { canceled, filePaths } = await (window ? dialog.showOpenDialog(window, options) : dialog.showOpenDialog(options))
      return canceled ? null : (filePaths[0] ?? null)
    },
    // Electron gives an empty text when it worked.
    reveal: async path => (await shell.openPath(path)) === ''
  }
}
