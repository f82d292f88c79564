/** `app://lab/`: the page's own address. Nothing but the built page's files stands behind it. */
import { protocol } from 'electron'
import { pageFile } from '../browser-host/page-files.ts'
import { pageHeaders } from '../browser-host/page-headers.ts'

const scheme = 'app'
const host = 'lab'

/** Address of the page, and how every address of ours begins. */
export const pageUrl = `${scheme}://${host}/`

/** Makes the scheme an ordinary, secure one. Has to happen before Electron is ready. */
export function claimPageScheme(): void {
  protocol.registerSchemesAsPrivileged([{ scheme, privileges: { standard: true, secure: true } }])
}

/** Answers the page's requests from its folder. */
export function servePage(rendererDirectory: string): void {
  protocol.handle(scheme, async request => {
    const url = new URL(request.url)
    // The page has no server to talk to: its only way out is the contract.
    const headers = pageHeaders("'none'")
    const file = request.method === 'GET' && url.host === host ? await pageFile(rendererDirectory, url.pathname) : null
    if (!file) return new Response('Not found.', { status: 404, headers: { ...headers, 'Content-Type': 'text/plain' } })
    return new Response(file.bytes, { headers: { ...headers, 'Content-Type': file.type } })
  })
}
