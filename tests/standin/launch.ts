/**
 * Takes Electron's place: reads its flags, lets Playwright in by the same two lines that Electron prints,
 * and runs the built main process of an application with this stand-in as the module `electron`.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import inspector from 'node:inspector'
import Module, { register } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Chromium } from './chromium.ts'
import { electronModule } from './electron-module.ts'

const flags = process.argv.slice(2).filter(word => word.startsWith('--'))
const words = process.argv.slice(2).filter(word => !word.startsWith('--'))
const flag = (name: string) => flags.find(word => word.startsWith(`--${name}=`))?.split('=')[1]
const folder = resolve(words[0] ?? '.')
const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name: string; version: string; main: string }

process.argv = [process.argv[0]!, ...words]
Object.assign(process, { type: 'browser', defaultApp: true, resourcesPath: join(import.meta.dirname, 'resources') })
Object.assign(process.versions, { electron: '0.0.0-stand-in' })

const profile = mkdtempSync(join(tmpdir(), 'stand-in-'))
let chromium: Chromium | undefined
const { module: electron, app } = electronModule(
  { ...manifest, folder },
  () => (chromium ??= new Chromium(profile, flag('remote-debugging-port')))
)
process.once('exit', () => {
  chromium?.kill()
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
})
app.host.end = () => chromium?.kill()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => app.quit())

// `require('electron')` and `import … from 'electron'` both find the stand-in.
const loading = Module as unknown as { _load(name: string, ...rest: unknown[]): unknown }
const load = loading._load.bind(Module)
loading._load = (name, ...rest) => (name === 'electron' ? electron : load(name, ...rest))
Object.assign(globalThis, { standInElectron: electron })
const members = Object.keys(electron as object)
const source = `${members.map(name => `export const ${name} = globalThis.standInElectron.${name}`).join('\n')}\nexport default globalThis.standInElectron`
const hooks = `export async function resolve(name, context, next) { return name === 'electron' ? { url: ${JSON.stringify(`data:text/javascript,${encodeURIComponent(source)}`)}, shortCircuit: true } : next(name, context) }`
register(`data:text/javascript,${encodeURIComponent(hooks)}`)

let mainIsRead = () => {}
const read = new Promise<void>(resolve => (mainIsRead = resolve))
if (flag('inspect') !== undefined) {
  // Playwright says when it has looked around; Electron waits for it in the same way, and is never ready before the
  // main process has been read.
  Object.assign(globalThis, { __playwright_run: () => read.then(() => app.becomeReady()) })
  chromium = new Chromium(profile, flag('remote-debugging-port'))
  inspector.open(Number(flag('inspect')), '127.0.0.1')
}

await import(pathToFileURL(join(folder, manifest.main)).href)
mainIsRead()
if (flag('inspect') === undefined && !app.isReady()) app.becomeReady()
