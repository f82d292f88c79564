/** The native menu, kept in step with the settings, and what its items do. */
import { app, dialog, Menu, nativeTheme } from 'electron'
import type { CallInput, CallOutputs, Method } from '../contract/calls.ts'
import { failureOf } from '../contract/failure.ts'
import type { Handler, HostPort, LabService } from '../contract/handlers.ts'
import type { Settings } from '../contract/system.ts'
import type { EventHub } from '../lab/events.ts'
import { menuText } from './menu-text.ts'
import { menuTemplate, type MenuActions } from './menu.ts'

/** @param events where the menu's own events go: `go`, which leads the page to a room */
export function showMenuBar(lab: LabService, host: HostPort, home: string, events: EventHub, first: Settings): void {
  let settings = first

  /** Calls the lab as the page would; what goes wrong is said in a dialog. */
  async function call<M extends Method>(method: M, input: CallInput<M>): Promise<CallOutputs[M] | undefined> {
    try {
      return await (lab.handlers[method] as Handler<M>)(input, { signal: new AbortController().signal, progress: () => {} })
    } catch (error) {
      dialog.showErrorBox(menuText(settings.language).importFailed, failureOf(error).message)
      return undefined
    }
  }

  const actions: MenuActions = {
    go: room => events.emit('go', { room }),
    change: changes => void call('settings.set', changes),
    importModel: async () => {
      if (await call('models.choose', undefined)) events.emit('go', { room: 'models' })
    },
    openHome: () => void host.reveal(home)
  }

  function show() {
    nativeTheme.themeSource = settings.theme
    Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(settings, process.platform, !app.isPackaged, actions)))
  }

  show()
  lab.subscribe((event, payload) => {
    if (event !== 'settings') return
    settings = payload as Settings
    show()
  })
}
