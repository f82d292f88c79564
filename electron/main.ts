/** The desktop entry: wiring only. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { app, BrowserWindow, dialog, session } from 'electron'
import { failureOf } from './contract/failure.ts'
import type { CallContext, LabService } from './contract/handlers.ts'
import type { Settings } from './contract/system.ts'
import { desktopHost } from './desktop/dialogs.ts'
import { LabIpc } from './desktop/ipc.ts'
import { leaveWithCare } from './desktop/leaving.ts'
import { showMenuBar } from './desktop/menu-bar.ts'
import { menuText } from './desktop/menu-text.ts'
import { guardPages, guardSession } from './desktop/page-guards.ts'
import { claimPageScheme, servePage } from './desktop/page-protocol.ts'
import { followRuns } from './desktop/runs-going-on.ts'
import { stayAwake } from './desktop/stay-awake.ts'
import { openWindow } from './desktop/window.ts'
import { EventHub } from './lab/events.ts'
import { homeFolder } from './lab/home.ts'
import { openLab } from './lab/lab.ts'

// Chromium's own files stay out of the lab's folders. The single-instance lock lives there too: one lab a home.
const browserFiles = join(homeFolder(), 'window')
try {
  mkdirSync(browserFiles, { recursive: true })
  app.setPath('userData', browserFiles)
} catch {
  // A home that cannot be written: opening the lab says so, in words.
}
app.enableSandbox()
claimPageScheme()
guardPages()

if (app.requestSingleInstanceLock()) app.whenReady().then(start).catch(refuse)
else app.quit()

async function start(): Promise<void> {
  let settings: Settings
  const text = () => menuText(settings.language)
  const host = desktopHost(text)
  const lab = await openLab({ host })
  const context: CallContext<never> = { signal: new AbortController().signal, progress: () => {} }
  settings = await lab.handlers['settings.get'](undefined, context)
  lab.subscribe((event, payload) => {
    if (event === 'settings') settings = payload as Settings
  })

  const desktopEvents = new EventHub()
  const service: LabService = {
    handlers: lab.handlers,
    subscribe(listener) {
      const releases = [lab.subscribe(listener), desktopEvents.subscribe(listener)]
      return () => releases.forEach(release => release())
    }
  }
  const runs = followRuns(lab, await lab.handlers['runs.list'](undefined, context))
  const ipc = new LabIpc(service)
  const leaving = leaveWithCare(runs, text, () => lab.close())
  stayAwake(runs)
  showMenuBar(lab, host, lab.home.root, desktopEvents, settings)
  servePage(fileURLToPath(new URL('../renderer', import.meta.url)))
  guardSession(session.defaultSession)

  const show = async () => {
    const [window] = BrowserWindow.getAllWindows()
    if (!window)
      return void (await openWindow(lab.home.root, opened => {
        ipc.attach(opened.webContents)
        leaving.watch(opened)
      }))
    if (window.isMinimized()) window.restore()
    window.focus()
  }
  app.on('second-instance', () => void show())
  app.on('activate', () => void show())
  await show()
  // `npm start` waits for this word before it takes an early end for a desktop that cannot be.
  process.send?.('ready')
}

function refuse(error: unknown): void {
  dialog.showErrorBox(menuText(app.getLocale().startsWith('zh') ? 'zh-CN' : 'en').cannotStart, failureOf(error).message)
  app.exit(1)
}
