/** The lab's window. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BrowserWindow, nativeTheme, screen } from 'electron'
import { pageUrl } from './page-protocol.ts'
import { onScreen, readWindowState, smallestSize, writeWindowState } from './window-state.ts'

/** Opens the window where it was last; `attach` connects its page with the lab before the page is loaded. */
export async function openWindow(home: string, attach: (window: BrowserWindow) => void): Promise<BrowserWindow> {
  const kept = join(home, 'window.json')
  const primary = screen.getPrimaryDisplay()
  const others = screen.getAllDisplays().filter(display => display.id !== primary.id)
  const { maximized, ...bounds } = onScreen(
    await readWindowState(kept),
    [primary, ...others].map(display => display.workArea)
  )

  const window = new BrowserWindow({
    ...bounds,
    minWidth: Math.min(smallestSize.width, bounds.width),
    minHeight: Math.min(smallestSize.height, bounds.height),
    show: false,
    title: 'GPT Lab',
    // The page's own grounds, so that nothing flashes before it is drawn.
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#16181d' : '#ffffff',
    webPreferences: {
      preload: fileURLToPath(new URL('../preload/preload.cjs', import.meta.url)),
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
      navigateOnDragDrop: false,
      spellcheck: false
    }
  })
  if (maximized) window.maximize()
  window.once('ready-to-show', () => window.show())
  window.on('close', () => writeWindowState(kept, { ...window.getNormalBounds(), maximized: window.isMaximized() }))
  reviveAfterCrash(window)
  attach(window)
  await window.loadURL(pageUrl)
  return window
}

/** A page that crashed is loaded anew, since runs are not its own; one that crashes again at once is left as it is. */
function reviveAfterCrash(window: BrowserWindow): void {
  let last = 0
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    if (reason === 'clean-exit' || Date.now() - last < 10_000) return
    last = Date.now()
    window.webContents.reload()
  })
}
