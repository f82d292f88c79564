/**
 * `npm start`: a desktop window where Electron can start, else the same lab in the default browser,
 * with one line that says why.
 *
 *   --no-open     start no browser, only say the address
 *   --browser     no desktop window even where there could be one
 *   --port N      port of the browser's lab
 */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const words = process.argv.slice(2)

/** Path of Electron's program; null when it was not fetched. Never loads the package, which would fetch it. */
function electronProgram() {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve('electron/package.json'))
    const named = existsSync(join(folder, 'path.txt')) ? readFileSync(join(folder, 'path.txt'), 'utf8').trim() : 'electron'
    const program = join(process.env.ELECTRON_OVERRIDE_DIST_PATH ?? join(folder, 'dist'), named)
    return existsSync(program) ? program : null
  } catch {
    return null
  }
}

/** Opens the desktop window. Resolves to null when it was there, else to the reason why not. */
function desktop(program) {
  return new Promise(resolve => {
    let ready = false
    const child = spawn(program, [root], { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] })
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
    child.on('message', message => (ready ||= message === 'ready'))
    child.on('error', error => resolve(`Electron could not be started (${error.message})`))
    child.on('exit', (code, signal) => {
      if (ready || code === 0) process.exit(code ?? 1)
      resolve(`Electron ended before it could open a window (${signal ?? `code ${code}`})`)
    })
  })
}

/** Why there can be no desktop window, after trying where it might work. */
async function reasonForBrowser() {
  if (words.includes('--browser')) return 'a browser was asked for'
  const program = electronProgram()
  if (!program) return 'Electron’s program is not here (npx install-electron fetches it)'
  if (process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) return 'there is no display'
  return desktop(program)
}

const reason = await reasonForBrowser()
const { hostLab } = await import('../out/main/host.js')
const asked = words.indexOf('--port')
try {
  const lab = await hostLab({ port: asked < 0 ? undefined : Number(words[asked + 1]), openBrowser: !words.includes('--no-open') })
  console.log(`GPT Lab runs in ${lab.opened ? 'your browser' : 'a browser'}, since ${reason}: ${lab.url}`)
  let closing = false
  for (const signal of ['SIGINT', 'SIGTERM'])
    process.on(signal, async () => {
      if (closing) process.exit(1)
      closing = true
      await lab.close()
      process.exit(0)
    })
} catch (error) {
  console.error(error.code ? `GPT Lab: ${error.message}` : error)
  process.exit(1)
}
