/**
 * The packaged application: electron-builder runs offline with a dummy distribution of Electron, and what
 * it packed is looked at. What only a real Electron shows (that it starts from the archive) is left to it.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { builtinModules, createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, posix } from 'node:path'
import { extractFile, listPackage } from '@electron/asar'
import { parseAst } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readFuses, writeDummyElectron } from './dummy-electron.ts'

const root = join(import.meta.dirname, '../..')
const require = createRequire(import.meta.url)
const { version } = JSON.parse(readFileSync(require.resolve('electron/package.json'), 'utf8')) as { version: string }
const folder = mkdtempSync(join(tmpdir(), 'gptlab-packages-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** All files below a folder, by paths from it with slashes. */
const filesIn = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter(path => statSync(join(directory, path)).isFile())
    .map(path => path.replaceAll('\\', '/'))

/** Names of the modules that a script imports, at its start or later. */
function importsOf(script: string): string[] {
  const names: string[] = []
  const look = (node: unknown): void => {
    if (Array.isArray(node)) return node.forEach(look)
    if (typeof node !== 'object' || node === null) return
    const { type, source } = node as { type?: string; source?: { value?: unknown } | null }
    if (type && /^(Import|Export)/.test(type) && typeof source?.value === 'string') names.push(source.value)
    Object.values(node).forEach(look)
  }
  look(parseAst(script))
  return names
}

interface Package {
  readonly folder: string
  readonly archive: string
  /** Paths in the archive. */
  readonly packed: readonly string[]
  /** Paths beside it, of what cannot be loaded from inside. */
  readonly unpacked: readonly string[]
}

function pack(platform: 'linux' | 'win32'): Package {
  const electron = join(folder, `electron-${platform}`)
  writeDummyElectron(electron, platform, version)
  const output = join(folder, platform)
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [
      require.resolve('electron-builder/cli.js'),
      platform === 'linux' ? '--linux' : '--win',
      'dir',
      '--x64',
      '-p',
      'never',
      `-c.electronDist=${electron}`,
      `-c.electronVersion=${version}`,
      `-c.directories.output=${output}`
    ],
    { cwd: root, encoding: 'utf8', env: { ...process.env, CSC_IDENTITY_AUTO_DISCOVERY: 'false' } }
  )
  expect(status, `${stdout}\n${stderr}`).toBe(0)
  const packaged = join(output, platform === 'linux' ? 'linux-unpacked' : 'win-unpacked')
  const archive = join(packaged, 'resources/app.asar')
  const directory = new Set<string>()
  const paths = listPackage(archive, { isPack: false }).map(path => path.replaceAll('\\', '/').slice(1))
  for (const path of paths) directory.add(posix.dirname(path))
  return {
    folder: packaged,
    archive,
    packed: paths.filter(path => !directory.has(path)),
    unpacked: filesIn(join(packaged, 'resources/app.asar.unpacked'))
  }
}

describe.each(['linux', 'win32'] as const)('the package for %s', platform => {
  let built: Package
  beforeAll(() => {
    built = pack(platform)
  })

  it('has the built lab, its manifest and its licences', () => {
    for (const file of [
      'package.json',
      'LICENSE',
      'NOTICE',
      'out/main/main.js',
      'out/main/session-worker.js',
      'out/preload/preload.cjs',
      'out/renderer/index.html'
    ])
      expect(built.packed).toContain(file)
    const manifest = JSON.parse(String(extractFile(built.archive, 'package.json'))) as { main: string }
    expect(built.packed).toContain(manifest.main)
  })

  it('has no sources, no maps, nothing of the tests and no tools', () => {
    expect(built.packed.filter(path => /\.(map|tsx?|mts|cts|vue|cc|h|gyp|md)$/.test(path))).toEqual([])
    expect(built.packed.filter(path => /^(tests|renderer|models|\.github|release)\//.test(path))).toEqual([])
    expect(built.packed.filter(path => path.startsWith('electron/') && !path.startsWith('electron/engine/build/'))).toEqual([])
    expect(built.packed.filter(path => /^node_modules\/(electron|vue|vite|typescript|playwright|node-gyp)/.test(path))).toEqual(
      []
    )
  })

  it('has the runtime of its own platform and processor, outside the archive', () => {
    const runtime = 'node_modules/onnxruntime-node/bin/napi-v6/'
    const all = [...built.packed, ...built.unpacked].filter(path => path.startsWith(runtime))
    expect(new Set(all.map(path => path.slice(runtime.length).split('/').slice(0, 2).join('/')))).toEqual(
      new Set([`${platform}/x64`])
    )
    const shipped = readdirSync(join(root, runtime, platform, 'x64'))
    expect(shipped.length).toBeGreaterThan(1)
    for (const name of shipped) expect(built.unpacked).toContain(`${runtime}${platform}/x64/${name}`)
  })

  it('has the trainer outside the archive, and nothing else of its build', () => {
    const build = 'electron/engine/build/'
    const all = [...built.packed, ...built.unpacked].filter(path => path.startsWith(build))
    // A machine without a compiler leaves the reason instead.
    const made = ['Release/gptlab_engine.node', 'problem.json'].filter(name => existsSync(join(root, build, name)))
    expect(new Set(all)).toEqual(new Set(made.map(name => build + name)))
    for (const name of made.filter(name => name.endsWith('.node'))) expect(built.unpacked).toContain(build + name)
  })

  it('has every module that the built lab imports', () => {
    // A benchmark's peer, for development only: the benchmark says that it is not there and measures the rest.
    const optional = new Set(['@huggingface/transformers'])
    const missing: string[] = []
    const packages = new Set<string>()
    for (const script of built.packed.filter(path => /^out\/main\/.*\.js$/.test(path))) {
      const text = String(extractFile(built.archive, script))
      for (const name of importsOf(text)) {
        if (name.startsWith('node:') || builtinModules.includes(name) || name === 'electron' || optional.has(name)) continue
        if (!name.startsWith('.')) packages.add(name)
        const found = name.startsWith('.') ? built.packed.includes(posix.join(posix.dirname(script), name)) : resolves(name)
        if (!found) missing.push(`${name} in ${script}`)
      }
    }
    expect(missing).toEqual([])
    for (const name of ['onnxruntime-node', 'valibot', 'ws']) expect(packages).toContain(name)

    /** Whether the file that Node would take for a package's name here is in the archive too. */
    function resolves(name: string): boolean {
      const file = import.meta.resolve(name)
      return built.packed.includes(decodeURIComponent(file.slice(file.lastIndexOf('/node_modules/') + 1)))
    }
  })

  it('has models, recipes and texts where the lab looks for them', () => {
    const resources = join(built.folder, 'resources')
    expect(filesIn(join(resources, 'models')).sort()).toEqual(filesIn(join(root, 'models')).sort())
    expect(filesIn(join(resources, 'texts')).sort()).toEqual(filesIn(join(root, 'electron/corpora/texts')).sort())
  })

  it('runs the lab and nothing else: its fuses are set', () => {
    const program = readFileSync(join(built.folder, platform === 'win32' ? 'GPT Lab.exe' : 'gpt-lab'))
    expect(readFuses(program)).toMatchObject({
      runAsNode: false,
      nodeOptionsVariable: false,
      nodeInspectArguments: false,
      onlyLoadAppFromAsar: true,
      fileProtocolPrivileges: false
    })
  })
})
