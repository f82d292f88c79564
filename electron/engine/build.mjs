/**
 * Builds the native trainer with node-gyp, when its sources have changed.
 *
 * Never fails an installation: without a compiler the lab still opens and runs models. The reason and
 * what to install are then left in `build/problem.json`, where `engine.ts` finds them.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const here = import.meta.dirname
const build = join(here, 'build')
const addon = join(build, 'Release/gptlab_engine.node')
const stamp = join(build, 'sources.sha256')
const problem = join(build, 'problem.json')

const install = {
  linux: 'Install a C++17 compiler, make and Python 3 (Debian, Ubuntu: apt install g++ make python3), then run: npm run build',
  darwin: 'Install the command line tools (xcode-select --install), then run: npm run build',
  win32: 'Install Visual Studio Build Tools with "Desktop development with C++" and Python 3, then run: npm run build'
}

/** Files that the addon is made of. */
function sources(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return sources(path)
    return /\.(cc|h|inl|gypi?)$/.test(entry.name) ? [path] : []
  })
}

function fingerprint() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch} ${process.env.CXX ?? ''}`)
  for (const path of [join(here, 'binding.gyp'), ...sources(join(here, 'native')).sort()])
    hash.update(path.slice(here.length)).update(readFileSync(path))
  return hash.digest('hex')
}

const current = () => existsSync(addon) && existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint()

/** One build at a time: others wait for it and then find it current. */
function locked(work) {
  const lock = join(build, '.lock')
  mkdirSync(build, { recursive: true })
  for (;;) {
    try {
      mkdirSync(lock)
      break
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
      const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? 0)
      if (age > 600_000) rmSync(lock, { recursive: true, force: true })
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
    }
  }
  try {
    work()
  } finally {
    rmSync(lock, { recursive: true, force: true })
  }
}

/** Headers that came with this Node, so that none are fetched; node-gyp looks for its own when there are none. */
function headers() {
  const prefix = join(realpathSync(process.execPath), '../..')
  const version = join(prefix, 'include/node/node_version.h')
  if (process.platform === 'win32' || !existsSync(version)) return []
  const numbers = ['MAJOR', 'MINOR', 'PATCH'].map(
    part => new RegExp(`define NODE_${part}_VERSION (\\d+)`).exec(readFileSync(version, 'utf8'))?.[1]
  )
  return numbers.join('.') === process.versions.node ? [`--nodedir=${prefix}`] : []
}

/** The line of a log that says most: what is missing, else the first error, else what node-gyp makes of it. */
function reasonIn(log) {
  const signs = [
    /Could not find .+/,
    /not found: .+/,
    /\S+: (No such file or directory|command not found)/,
    /.*\berror( C\d+)?: .+/,
    /(?<=gyp ERR! stack Error: ).+/
  ]
  return signs.map(sign => sign.exec(log)?.[0].trim()).find(Boolean)
}

function compile() {
  const mark = fingerprint()
  const gyp = createRequire(import.meta.url).resolve('node-gyp/bin/node-gyp.js')
  const { status, stdout, stderr, error } = spawnSync(
    process.execPath,
    [gyp, 'configure', 'build', '--directory', here, '--jobs', 'max', ...headers()],
    {
      encoding: 'utf8',
      maxBuffer: 1 << 28
    }
  )
  if (status === 0 && existsSync(addon)) {
    writeFileSync(stamp, mark)
    rmSync(problem, { force: true })
    return
  }
  const log = `${stdout ?? ''}\n${stderr ?? ''}`.trim()
  const reason = error?.message ?? reasonIn(log) ?? `node-gyp ended with code ${status}`
  writeFileSync(
    problem,
    JSON.stringify({ reason, install: install[process.platform] ?? install.linux, log: log.slice(-20_000) }, null, 2)
  )
  console.log(
    `GPT Lab: the native trainer could not be built (${reason}). Everything but training works. ${install[process.platform] ?? install.linux}`
  )
  if (process.argv.includes('--verbose')) console.log(log)
}

try {
  if (!current()) locked(() => current() || compile())
} catch (error) {
  console.log(`GPT Lab: the native trainer could not be built (${error.message}). Everything but training works.`)
}
