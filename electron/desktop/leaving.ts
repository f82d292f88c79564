/**
 * Closing the window and quitting while runs are training.
 *
 * Closing a window never stops a run. On macOS the application stays anyway; elsewhere the person is
 * asked whether to go on in the background or to quit, and an application in the background ends by
 * itself when its last run has. Quitting keeps a checkpoint of every run and leaves it resumable.
 */
import { app, BrowserWindow, dialog, powerMonitor, type MessageBoxOptions } from 'electron'
import { filled, type MenuText } from './menu-text.ts'
import type { RunsGoingOn } from './runs-going-on.ts'

/** Longest wait for the last checkpoint; after that the one before it has to do. */
const longestFarewell = 30_000

export interface Leaving {
  /** Watches one window's closing. */
  watch(window: BrowserWindow): void
}

/** @param closeLab keeps checkpoints and closes the lab */
export function leaveWithCare(runs: RunsGoingOn, text: () => MenuText, closeLab: () => Promise<void>): Leaving {
  let phase: 'here' | 'asking' | 'closing' | 'gone' = 'here'

  async function leave() {
    if (phase === 'closing' || phase === 'gone') return
    phase = 'closing'
    const farewell = new Promise<void>(resolve => setTimeout(resolve, longestFarewell).unref())
    await Promise.race([closeLab(), farewell]).catch(error => console.error(error))
    phase = 'gone'
    app.quit()
  }

  /** Asks, one question at a time. */
  async function ask(window: BrowserWindow | undefined, detail: string, buttons: readonly string[]): Promise<number> {
    phase = 'asking'
    const words = text()
    const count = runs.count()
    const options: MessageBoxOptions = {
      type: 'question',
      title: 'GPT Lab',
      message: count === 1 ? words.runGoesOn : filled(words.runsGoOn, { count }),
      detail,
      buttons: [...buttons],
      defaultId: 0,
      cancelId: buttons.length - 1,
      noLink: true
    }
    const { response } = await (window ? dialog.showMessageBox(window, options) : dialog.showMessageBox(options))
    phase = 'here'
    return response
  }

  app.on('before-quit', event => {
    if (phase === 'gone') return
    event.preventDefault()
    if (phase !== 'here') return
    if (runs.count() === 0) return void leave()
    const { quitDetail, quitKeeping, stay } = text()
    void ask(BrowserWindow.getAllWindows()[0], quitDetail, [quitKeeping, stay]).then(answer => {
      if (answer === 0) void leave()
    })
  })
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin' && runs.count() === 0) app.quit()
  })
  runs.onChange(count => {
    if (process.platform !== 'darwin' && count === 0 && BrowserWindow.getAllWindows().length === 0) app.quit()
  })
  // A machine that goes down does not wait for an answer.
  powerMonitor.on('shutdown', () => void leave())

  return {
    watch(window) {
      window.on('close', event => {
        if (process.platform === 'darwin' || phase === 'closing' || phase === 'gone' || runs.count() === 0) return
        event.preventDefault()
        if (phase === 'asking') return
        const { closeDetail, background, quitKeeping, stay } = text()
        void ask(window, closeDetail, [background, quitKeeping, stay]).then(answer => {
          if (answer === 0) window.destroy()
          else if (answer === 1) void leave()
        })
      })
    }
  }
}
