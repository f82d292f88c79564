/** The browser host: the contract over a real WebSocket, and everything it refuses. */
import { existsSync, mkdtempSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { serveLab, type ServedLab } from '../../../electron/browser-host/serve-lab.ts'
import { socketChannel } from '../../../electron/browser-host/socket-channel.ts'
import { socketToLab } from '../../../electron/browser-host/page-socket.ts'
import { decodeFrame } from '../../../electron/contract/rpc/binary.ts'
import { labBridge } from '../../../electron/contract/rpc/client.ts'
import { smallLab, type SmallLab } from '../contract/small-lab.ts'
import { transportSuite, until } from '../contract/transport-suite.ts'

const folder = mkdtempSync(join(tmpdir(), 'browser-host-'))
const page = join(folder, 'page')
const bridgeDirectory = join(folder, 'bridge')
let homes = 0
const open: ServedLab[] = []
const channels: ReturnType<typeof socketToLab>[] = []

beforeAll(() => {
  mkdirSync(join(page, 'assets'), { recursive: true })
  mkdirSync(bridgeDirectory)
  writeFileSync(join(page, 'index.html'), '<!doctype html><html><head><title>GPT Lab</title></head><body></body></html>')
  writeFileSync(join(page, 'assets/app.js'), 'export {}')
  writeFileSync(join(page, 'assets/secret.pem'), 'not served')
  writeFileSync(join(folder, 'outside.js'), 'not served')
  writeFileSync(join(bridgeDirectory, 'bridge.js'), '// bridge')
})
afterEach(async () => {
  for (const channel of channels.splice(0)) channel.close()
  vi.unstubAllGlobals()
  for (const served of open.splice(0)) await served.close()
})
afterAll(() => rmSync(folder, { recursive: true }))

const newHome = () => join(folder, `home-${homes++}`)

async function serve(lab: SmallLab = smallLab(), home = newHome(), port?: number) {
  const served = await serveLab(lab, { home, port, rendererDirectory: page, bridgeDirectory })
  open.push(served)
  return served
}

/** One HTTP request exactly as given: `fetch` would not let Host or Origin be set. */
function get(port: number, path: string, headers: Record<string, string> = {}, method = 'GET') {
  return new Promise<{ status: number; headers: IncomingHttpHeaders; body: string }>((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, path, method, headers }, response => {
      let body = ''
      response.setEncoding('utf8').on('data', part => (body += part))
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body }))
    })
    request.on('error', reject).end()
  })
}

const linkPath = (served: ServedLab) => new URL(served.url).pathname + new URL(served.url).search

/** Opens the one-time link; the cookie it gives. */
async function admitted(served: ServedLab) {
  const { status, headers } = await get(served.port, linkPath(served))
  expect(status).toBe(303)
  return headers['set-cookie']![0]!.split(';')[0]!
}

/** The browser's WebSocket, with the headers a browser would send. */
function stubWebSocket(cookie: string, port: number) {
  vi.stubGlobal(
    'WebSocket',
    class extends WebSocket {
      constructor(url: string) {
        super(url, { headers: { cookie, origin: `http://127.0.0.1:${port}` } })
        // A browser's socket tells of an error by closing; this one would throw.
        this.on('error', () => {})
      }
    }
  )
}

/** The page's bridge to a served lab. */
async function connectedBridge(served: ServedLab) {
  stubWebSocket(await admitted(served), served.port)
  const channel = socketToLab(`ws://127.0.0.1:${served.port}/lab`)
  channels.push(channel)
  return labBridge('browser', channel)
}

/** How an upgrade ends. */
function upgrade(port: number, headers: Record<string, string>, path = '/lab') {
  return new Promise<number | 'open'>(resolve => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers })
    socket.on('open', () => {
      socket.terminate()
      resolve('open')
    })
    socket.on('unexpected-response', (_, response) => resolve(response.statusCode!))
    socket.on('error', () => {})
  })
}

transportSuite('the RPC over a WebSocket', async () => {
  const lab = smallLab()
  const served = await serve(lab)
  return { lab, bridge: await connectedBridge(served), close: () => {} }
})

it('lets one browser in by the link, drops the token, and knows that browser afterwards', async () => {
  const served = await serve()
  const first = await get(served.port, linkPath(served))
  expect(first.status).toBe(303)
  expect(first.headers.location).toBe('/')
  expect(first.headers['set-cookie']![0]).toMatch(/^gptlab-\d+=[\w.-]+; Path=\/; HttpOnly; SameSite=Strict$/)
  const cookie = first.headers['set-cookie']![0]!.split(';')[0]!

  expect((await get(served.port, linkPath(served))).status).toBe(403)
  expect(await get(served.port, linkPath(served), { cookie })).toMatchObject({ status: 303, headers: { location: '/' } })
  const shown = await get(served.port, '/', { cookie })
  expect(shown.status).toBe(200)
  expect(shown.body).toContain('<head><script src="/bridge.js"></script><title>')
  expect((await get(served.port, '/bridge.js', { cookie })).body).toBe('// bridge')
  expect((await get(served.port, '/assets/app.js', { cookie })).headers['content-type']).toContain('text/javascript')
})

it('shows nothing without the cookie, or with one that was made up', async () => {
  const served = await serve()
  const cookie = await admitted(served)
  const [name, value] = cookie.split('=') as [string, string]
  for (const path of ['/', '/assets/app.js', '/bridge.js', '/?token=', '/?token=wrong'])
    expect((await get(served.port, path)).status, path).toBe(403)
  for (const made of [`${name}=`, `${name}=x`, `${name}=${value}x`, `${name}=other.${value.split('.')[1]}`, `gptlab-1=${value}`])
    expect((await get(served.port, '/', { cookie: made })).status, made).toBe(403)
  expect(await upgrade(served.port, { origin: `http://127.0.0.1:${served.port}` })).toBe(403)
})

it('refuses another Host and another Origin, on pages and on the socket', async () => {
  const served = await serve()
  const cookie = await admitted(served)
  const origin = `http://127.0.0.1:${served.port}`
  for (const host of [
    'evil.example',
    `evil.example:${served.port}`,
    `localhost:${served.port}`,
    '127.0.0.1',
    `127.0.0.1:${served.port + 1}`
  ])
    expect((await get(served.port, '/', { cookie, host })).status, host).toBe(403)
  for (const other of [
    'https://evil.example',
    'null',
    `http://127.0.0.1:${served.port + 1}`,
    `https://127.0.0.1:${served.port}`
  ]) {
    expect((await get(served.port, '/', { cookie, origin: other })).status, other).toBe(403)
    expect(await upgrade(served.port, { cookie, origin: other }), other).toBe(403)
  }
  expect(await upgrade(served.port, { cookie })).toBe(403)
  expect(await upgrade(served.port, { cookie, origin, host: 'evil.example' })).toBe(403)
  expect(await upgrade(served.port, { cookie, origin }, '/other')).toBe(403)
  expect(await upgrade(served.port, { cookie, origin })).toBe('open')
})

it('serves the page’s own files and no others, by GET and HEAD only', async () => {
  const served = await serve()
  const cookie = await admitted(served)
  for (const path of [
    '/../outside.js',
    '/%2e%2e/outside.js',
    '/..%2foutside.js',
    '/..%5coutside.js',
    '/assets/../../outside.js',
    '/assets/secret.pem',
    '/assets',
    '/%00',
    '/%zz',
    '//etc/passwd',
    '/missing.js'
  ])
    expect((await get(served.port, path, { cookie })).status, path).toBe(404)
  expect((await get(served.port, '/', { cookie }, 'POST')).status).toBe(405)
  expect(await get(served.port, '/', { cookie }, 'HEAD')).toMatchObject({ status: 200, body: '' })
})

it('sends a strict policy with every answer', async () => {
  const served = await serve()
  const cookie = await admitted(served)
  for (const [path, headers] of [
    ['/', { cookie }],
    ['/assets/app.js', { cookie }],
    ['/none', { cookie }],
    ['/', {}]
  ] as const) {
    const answer = await get(served.port, path, headers as Record<string, string>)
    const policy = answer.headers['content-security-policy'] as string
    expect(policy).toContain("default-src 'none'; script-src 'self';")
    expect(policy).toContain(`connect-src ws://127.0.0.1:${served.port};`)
    expect(policy).not.toMatch(/unsafe-eval|script-src[^;]*unsafe|\*|https?:/)
    expect(answer.headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'cross-origin-opener-policy': 'same-origin'
    })
  }
})

it('is the same lab for the same browser after a restart; open calls end as connection-lost', async () => {
  const home = newHome()
  const first = await serve(smallLab(), home)
  const bridge = await connectedBridge(first)
  const connection: boolean[] = []
  bridge.onConnection(connected => connection.push(connected))
  expect((await bridge.call('settings.get', undefined).result).ok).toBe(true)

  const settings = { repetitionPenalty: 1, noRepeatNgram: 0, temperature: 1, topK: 0, topP: 1, greedy: false }
  const endless = bridge.call('generate', { model: 'm', settings, seed: 0, maxTokens: 4096 })
  await first.close()
  expect(await endless.result).toMatchObject({ ok: false, failure: { code: 'connection-lost' } })
  expect(await bridge.call('settings.get', undefined).result).toMatchObject({ ok: false, failure: { code: 'connection-lost' } })
  expect(connection).toEqual([false])

  const lab = smallLab()
  const second = await serve(lab, home)
  expect(second.port).toBe(first.port)
  expect(second.url).not.toBe(first.url)
  await until(() => connection.length === 2)
  expect(connection).toEqual([false, true])
  expect((await bridge.call('settings.get', undefined).result).ok).toBe(true)
  // Nothing was sent again by itself.
  expect(lab.answered).toEqual(['settings.get'])
})

it('aborts the calls of a page that went away', async () => {
  const lab = smallLab()
  const served = await serve(lab)
  stubWebSocket(await admitted(served), served.port)
  const socket = new globalThis.WebSocket(`ws://127.0.0.1:${served.port}/lab`)
  const { encodeFrame } = await import('../../../electron/contract/rpc/binary.ts')
  const settings = { repetitionPenalty: 1, noRepeatNgram: 0, temperature: 1, topK: 0, topP: 1, greedy: false }
  socket.onopen = () =>
    socket.send(
      encodeFrame({ kind: 'req', id: 1, method: 'generate', input: { model: 'm', settings, seed: 0, maxTokens: 4096 } })
    )
  await until(() => lab.answered.length > 0)
  socket.close()
  await until(() => lab.aborted.length > 0)
})

it('closes a socket that sends damaged messages or text', async () => {
  const served = await serve()
  const headers = { cookie: await admitted(served), origin: `http://127.0.0.1:${served.port}` }
  for (const message of ['text', Buffer.from([1, 2, 3]), Buffer.alloc(64, 255)]) {
    const socket = new WebSocket(`ws://127.0.0.1:${served.port}/lab`, { headers })
    socket.on('open', () => socket.send(message))
    expect(await new Promise(resolve => socket.on('close', resolve))).toBe(1002)
  }
})

it('leaves out progress for a page that reads too slowly, never answers, and says so once', () => {
  const sent: { kind: string }[] = []
  const done: (() => void)[] = []
  const socket = {
    OPEN: 1,
    readyState: 1,
    bufferedAmount: 0,
    on: () => {},
    send(message: Uint8Array, callback: () => void = () => {}) {
      sent.push(decodeFrame(message) as { kind: string })
      done.push(callback)
    }
  }
  const channel = socketChannel(socket as never, 1000)
  channel.post({ kind: 'progress', id: 1, value: 1 })
  socket.bufferedAmount = 2000
  channel.post({ kind: 'progress', id: 1, value: 2 })
  channel.post({ kind: 'push', event: 'go', payload: {} })
  channel.post({ kind: 'result', id: 1, value: 3 })
  done.shift()!()
  expect(sent.map(frame => frame.kind)).toEqual(['progress', 'result'])
  socket.bufferedAmount = 0
  done.shift()!()
  channel.post({ kind: 'progress', id: 2, value: 4 })
  done.splice(0).forEach(callback => callback())
  expect(sent.map(frame => frame.kind)).toEqual(['progress', 'result', 'gap', 'progress'])
})

it('keeps its secret private, and sets a damaged one aside', async () => {
  const home = newHome()
  await serve(smallLab(), home)
  const kept = join(home, 'browser-host.json')
  if (process.platform !== 'win32') expect(statSync(kept).mode & 0o777).toBe(0o600)
  writeFileSync(kept, '{ "secret": "short" }')
  await serve(smallLab(), home)
  expect(readdirSync(home).filter(name => name.includes('damaged'))).toHaveLength(1)
  expect(existsSync(kept)).toBe(true)
})

it('says which port is taken, and which page is missing', async () => {
  const { port } = await serve()
  await expect(serve(smallLab(), newHome(), port)).rejects.toMatchObject({ code: 'port-taken', details: { port } })
  await expect(
    serveLab(smallLab(), { home: newHome(), rendererDirectory: join(folder, 'none'), bridgeDirectory })
  ).rejects.toMatchObject({ code: 'page-missing' })
})

it('listens on 127.0.0.1 only', async () => {
  const { port } = await serve()
  const reachable = await new Promise(resolve => {
    const request = httpRequest({ host: '::1', port, path: '/' }, () => resolve(true))
    request.on('error', () => resolve(false)).end()
  })
  expect(reachable).toBe(false)
})
