/** Loads the native trainer. */
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LabFailure } from '../contract/failure.ts'
import { compilePlan, labFailure } from './compiled-plan.ts'
import type { NativeAddon } from './native.ts'
import type { Engine, Simd } from './plan.ts'

const file = 'Release/gptlab_engine.node'

/** Folders in which the build may lie: beside this source, or seen from a bundle in out/main, packed or not. */
function buildFolders(): string[] {
  const here = dirname(fileURLToPath(import.meta.url))
  const folders = [join(here, 'build'), join(here, '../../electron/engine/build')]
  // A library cannot be loaded from inside an archive.
  return folders.map(folder => folder.replace(/app\.asar(?=[\\/])/, 'app.asar.unpacked'))
}

function missing(reason: string, install: string): LabFailure {
  return new LabFailure('engine-missing', `Training needs the native trainer, which could not be loaded: ${reason}. ${install}`, {
    reason,
    install
  })
}

function loadAddon(): NativeAddon {
  const folders = buildFolders()
  const built = folders.map(folder => join(folder, file)).find(path => existsSync(path))
  if (!built) {
    const problem = folders.map(folder => join(folder, 'problem.json')).find(path => existsSync(path))
    if (!problem) throw missing('it has not been built', 'Run: npm run build')
    const { reason, install } = JSON.parse(readFileSync(problem, 'utf8')) as { reason: string; install: string }
    throw missing(reason, install)
  }
  try {
    return createRequire(import.meta.url)(built) as NativeAddon
  } catch (error) {
    throw missing(error instanceof Error ? error.message : String(error), 'Run: npm run build')
  }
}

/** The kernel set that `GPTLAB_SIMD` forces, or the machine's best. */
function chooseSimd(simds: readonly Simd[]): Simd {
  const forced = process.env.GPTLAB_SIMD
  if (!forced) return simds[0]!
  const found = simds.find(simd => simd === forced)
  if (!found)
    throw new LabFailure(
      'engine-simd',
      `Expected one of ${simds.join(', ')} in GPTLAB_SIMD, the kernel sets of this machine, but received ${forced}.`,
      { simd: forced, simds: simds.join(', ') }
    )
  return found
}

let loaded: Engine | undefined

/**
 * The native trainer of this machine, loaded once a process.
 * @throws LabFailure `engine-missing` with the reason and what to install; `engine-simd` when `GPTLAB_SIMD` asks for what the machine has not.
 */
export function loadEngine(): Engine {
  if (loaded) return loaded
  const addon = loadAddon()
  const { simds, cores } = addon.machine()
  const simd = chooseSimd(simds)
  loaded = {
    simd,
    simds,
    cores,
    compile: (graph, options) => compilePlan(addon, { simd, simds }, graph, options),
    measurePeak: threads => addon.measurePeak(simd, threads).catch(labFailure)
  }
  return loaded
}
