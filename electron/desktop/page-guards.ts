/** What no page may do, in any window: go elsewhere, open windows, ask for devices, reach the network. */
import { app, type Session, type WebContents } from 'electron'
import { pageUrl } from './page-protocol.ts'

/** Guards every page that will ever be opened. */
export function guardPages(): void {
  app.on('web-contents-created', (_event, contents) => guardContents(contents))
}

function guardContents(contents: WebContents): void {
  contents.setWindowOpenHandler(() => ({ action: 'deny' }))
  contents.on('will-attach-webview', event => event.preventDefault())
  // The page moves within its document only; it may reload itself, and nothing else.
  contents.on('will-frame-navigate', event => {
    if (!event.isMainFrame || event.url.split('#')[0] !== contents.getURL().split('#')[0]) event.preventDefault()
  })
  contents.on('will-redirect', event => event.preventDefault())
}

/** Guards what a session would grant. */
export function guardSession(session: Session): void {
  session.setPermissionRequestHandler((_contents, _permission, decide) => decide(false))
  session.setPermissionCheckHandler(() => false)
  session.setDevicePermissionHandler(() => false)
  session.webRequest.onBeforeRequest((request, decide) => decide({ cancel: !isLocal(request.url) }))
  // Charts and tables are saved from the page's own memory; nothing else is downloaded.
  session.on('will-download', (event, item) => {
    if (!/^(blob|data):/.test(item.getURL())) event.preventDefault()
  })
}

/** Addresses that lead nowhere outside: the page, its own memory, and the developer tools. */
export function isLocal(url: string): boolean {
  return url.startsWith(pageUrl) || /^(blob|data|devtools|about|chrome-devtools):/.test(url)
}
