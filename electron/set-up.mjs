/**
 * What `npm start` and `npm test` do before anything else on a fresh clone: `npm ci` when
 * `node_modules` is missing or older than the lock file, and a build when a source is newer than `out/`.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const changed = path => (existsSync(path) ? statSync(path).mtimeMs : 0)

/** Runs an npm command in the project; ends this process with its code when it fails. */
function npm(...words) {
  const { status } = spawnSync('npm', words, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' })
  if (status !== 0) process.exit(status ?? 1)
}

/** Time of the newest file below a folder. */
function newest(folder) {
  return Math.max(
    0,
    ...readdirSync(folder, { withFileTypes: true }).map(entry =>
      entry.name === 'build' || entry.name === 'texts'
        ? 0
        : entry.isDirectory()
          ? newest(join(folder, entry.name))
          : changed(join(folder, entry.name))
    )
  )
}

if (changed(join(root, 'node_modules/.package-lock.json')) < changed(join(root, 'package-lock.json'))) {
  console.log('GPT Lab: installing what it needs (npm ci); this takes a minute or two, once.')
  npm('ci')
}

const built = Math.min(
  ...['out/main/main.js', 'out/preload/preload.cjs', 'out/renderer/index.html'].map(file => changed(join(root, file)))
)
const sources = Math.max(
  newest(join(root, 'electron')),
  newest(join(root, 'renderer')),
  changed(join(root, 'electron.vite.config.ts'))
)
if (built < sources) {
  console.log('GPT Lab: building.')
  npm('run', '--silent', 'build')
}
