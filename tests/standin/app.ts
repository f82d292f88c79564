/** `app`: life of the application, and one instance of it for one folder of user data. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { PreventableEvent, prevented } from './events.ts'

/** What the application needs of the rest of the stand-in. */
export interface AppHost {
  /** Asks every window to close; whether all did. */
  closeWindows(): boolean
  /** Ends the browser. */
  end(): void
}

export class StandInApp extends EventEmitter {
  readonly isPackaged = false
  host: AppHost = { closeWindows: () => true, end: () => {} }
  #paths = new Map<string, string>()
  #ready = false
  #whenReady: Promise<void>
  #makeReady!: () => void
  #lock: string | null = null

  constructor(
    readonly name: string,
    private readonly version: string,
    private readonly folder: string
  ) {
    super()
    this.setMaxListeners(0)
    this.#whenReady = new Promise(resolve => (this.#makeReady = resolve))
  }

  /** Called by the launcher once everything is there. */
  becomeReady() {
    this.#ready = true
    this.#makeReady()
    this.emit('ready', new PreventableEvent(), {})
  }

  isReady = () => this.#ready
  whenReady = () => this.#whenReady
  getName = () => this.name
  getVersion = () => this.version
  getAppPath = () => this.folder
  getLocale = () => process.env['LANG']?.split('.')[0]?.replace('_', '-') ?? 'en-US'
  enableSandbox() {
    if (this.#ready) throw new Error('app.enableSandbox() can only be called before app is ready')
  }
  setPath(name: string, path: string) {
    if (!existsSync(path)) throw new Error('Failed to set path')
    this.#paths.set(name, path)
  }
  getPath(name: string): string {
    return this.#paths.get(name) ?? (name === 'home' ? homedir() : join(tmpdir(), `stand-in-${process.pid}`, name))
  }

  /** One lock for one folder of user data: a file that names its owner, and a socket on which the owner hears of others. */
  requestSingleInstanceLock(): boolean {
    const userData = this.getPath('userData')
    mkdirSync(userData, { recursive: true })
    const lock = join(userData, 'stand-in.lock')
    const socket = join(
      process.platform === 'win32' ? '\\\\.\\pipe' : tmpdir(),
      `stand-in-${createHash('sha256').update(userData).digest('hex').slice(0, 16)}.sock`
    )
    if (existsSync(lock) && isAlive(Number(readFileSync(lock, 'utf8')))) {
      const message = JSON.stringify([process.argv, process.cwd()])
      spawnSync(process.execPath, ['-e', `require('net').connect(${JSON.stringify(socket)}).end(${JSON.stringify(message)})`])
      return false
    }
    writeFileSync(lock, String(process.pid))
    rmSync(socket, { force: true })
    createServer(connection => {
      let text = ''
      connection.on('data', part => (text += String(part)))
      connection.on('end', () => {
        const [words, cwd] = JSON.parse(text) as [string[], string]
        this.emit('second-instance', new PreventableEvent(), words, cwd, {})
      })
    })
      .listen(socket)
      .unref()
    this.#lock = lock
    return true
  }

  quit() {
    if (prevented(this, 'before-quit')) return
    if (!this.host.closeWindows()) return
    if (prevented(this, 'will-quit')) return
    this.exit(0)
  }

  exit(code = 0) {
    this.emit('quit', new PreventableEvent(), code)
    if (this.#lock) rmSync(this.#lock, { force: true })
    this.host.end()
    process.exit(code)
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
