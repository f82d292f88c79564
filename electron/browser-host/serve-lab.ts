/** The browser host: the page and one WebSocket of the contract, on 127.0.0.1 only. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { LabFailure } from '../contract/failure.ts'
import type { LabService } from '../contract/handlers.ts'
import { serveCalls } from '../contract/rpc/server.ts'
import { admission, type Admission } from './admission.ts'
import { hostMemory } from './memory.ts'
import { pageFile } from './page-files.ts'
import { pageHeaders } from './page-headers.ts'
import { socketChannel } from './socket-channel.ts'

/** Bytes of one message at most: a model of some hundred million parameters can be dropped on the page. */
export const mostMessageBytes = 512 * 2 ** 20

export interface ServeOptions {
  /** Port to listen on; without one the last port, else any free one. */
  readonly port?: number
  /** The lab's home; keeps the secret behind the cookies and the last port. */
  readonly home: string
  /** Folder of the built page. */
  readonly rendererDirectory: string
  /** Folder of the page's bridge script, `bridge.js`. */
  readonly bridgeDirectory: string
}

export interface ServedLab {
  /** One-time link. It works once; the browser that opened it is known from then on. */
  readonly url: string
  readonly port: number
  /** Ends every connection; open calls are aborted. */
  close(): Promise<void>
}

/** @throws LabFailure `port-taken` when the asked port is in use, `page-missing` when the page was not built */
export async function serveLab(lab: LabService, options: ServeOptions): Promise<ServedLab> {
  if (!(await pageFile(options.rendererDirectory, '/')))
    throw new LabFailure(
      'page-missing',
      `Expected the built page in ${options.rendererDirectory} but found none. Run npm run build.`,
      {
        directory: options.rendererDirectory
      }
    )
  const memory = await hostMemory(options.home)
  const server = createServer()
  const port = await listen(server, options.port, memory.port)
  await memory.keepPort(port)

  const gate = admission(memory.secret, port)
  server.on(
    'request',
    (request: IncomingMessage, response: ServerResponse) => void answer(request, response, gate, port, options)
  )

  const sockets = new WebSocketServer({ noServer: true, maxPayload: mostMessageBytes, perMessageDeflate: false })
  server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    if (request.url !== '/lab' || !gate.meantForUs(request, 'socket') || !gate.knows(request)) {
      stream.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
      return
    }
    sockets.handleUpgrade(request, stream, head, socket => {
      socket.on('error', () => socket.terminate())
      socket.on('close', serveCalls(lab, socketChannel(socket)))
    })
  })

  return {
    url: `http://127.0.0.1:${port}/?token=${gate.token}`,
    port,
    async close() {
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      for (const socket of sockets.clients) socket.terminate()
      server.closeAllConnections()
      await closed
    }
  }
}

async function answer(request: IncomingMessage, response: ServerResponse, gate: Admission, port: number, options: ServeOptions) {
  const headers = pageHeaders(`ws://127.0.0.1:${port}`)
  const end = (status: number, type: string, body: string | Uint8Array, more: Record<string, string> = {}) => {
    response.writeHead(status, { ...headers, 'Content-Type': type, 'Cache-Control': 'no-store', ...more })
    response.end(request.method === 'HEAD' ? undefined : body)
  }
  const say = (status: number, text: string, more?: Record<string, string>) =>
    end(status, 'text/plain; charset=utf-8', `${text}\n`, more)

  if (!gate.meantForUs(request, 'page')) return say(403, 'This address belongs to GPT Lab on this machine.')
  if (request.method !== 'GET' && request.method !== 'HEAD') return say(405, 'Only GET.', { Allow: 'GET, HEAD' })

  const url = new URL(request.url ?? '/', `http://127.0.0.1:${port}`)
  const token = url.searchParams.get('token')
  const known = gate.knows(request)
  if (token !== null) {
    if (gate.redeem(token)) return say(303, 'Welcome.', { Location: '/', 'Set-Cookie': gate.cookie() })
    if (known) return say(303, 'Welcome back.', { Location: '/' })
  }
  if (!known)
    return say(
      403,
      'This link has been used, or was never one. GPT Lab prints a new one each time it starts: start it again, or use the browser that opened it first.'
    )

  if (url.pathname === '/bridge.js') {
    const bridge = await pageFile(options.bridgeDirectory, '/bridge.js')
    return bridge ? end(200, bridge.type, bridge.bytes) : say(404, 'Not built.')
  }
  const file = await pageFile(options.rendererDirectory, url.pathname)
  if (!file) return say(404, 'Not found.')
  if (!file.type.startsWith('text/html')) return end(200, file.type, file.bytes)
  end(200, file.type, withBridge(new TextDecoder().decode(file.bytes)))
}

/** The page with the bridge as its first script. */
export function withBridge(html: string): string {
  return html.replace(/<head[^>]*>/i, head => `${head}<script src="/bridge.js"></script>`)
}

/** Listens on 127.0.0.1: on the asked port or none other; else on the preferred one if it is free, else on any. */
async function listen(server: Server, asked: number | undefined, preferred: number | undefined): Promise<number> {
  const attempt = (port: number) =>
    new Promise<number>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject)
        resolve((server.address() as AddressInfo).port)
      })
    })
  if (asked === undefined) return attempt(preferred ?? 0).catch(() => attempt(0))
  return attempt(asked).catch((error: NodeJS.ErrnoException) => {
    throw new LabFailure(
      'port-taken',
      `Port ${asked} cannot be used (${error.code}). Choose another with --port, or leave it out.`,
      { port: asked, reason: String(error.code) }
    )
  })
}
