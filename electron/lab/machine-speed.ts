/**
 * How fast this machine multiplies, measured once a process. The best of all measurements is kept in the lab's
 * cache: one that was disturbed by other programs says too little.
 */
import { cpus } from 'node:os'
import { join } from 'node:path'
import * as v from 'valibot'
import type { EngineAccess } from './engine.ts'
import type { Home } from './home.ts'
import { readJson, writeJson } from './json-file.ts'
import type { Turns } from './turns.ts'

const SpeedSchema = v.record(v.string(), v.pipe(v.number(), v.minValue(0)))

export class MachineSpeed {
  readonly #measured = new Map<string, Promise<number>>()

  constructor(
    readonly home: Home,
    readonly engine: EngineAccess,
    /** Waits for a turn at the processor, so that a run does not disturb the measurement. */
    readonly turn: Turns
  ) {}

  /** Single-precision peak, GFLOP/s. @throws LabFailure `engine-missing` */
  async peak(threads: number): Promise<number> {
    const engine = this.engine.get()
    const key = `${cpus()[0]?.model ?? 'unknown processor'}, ${engine.simd}, ${threads}`
    const known = this.#measured.get(key)
    if (known) return known
    const measured = this.turn(() => engine.measurePeak(threads)).then(peak => this.#best(key, peak))
    this.#measured.set(key, measured)
    measured.catch(() => this.#measured.delete(key))
    return measured
  }

  async #best(key: string, peak: number): Promise<number> {
    const path = join(this.home.cache, 'machine-speed.json')
    const kept = (await readJson(path, value => v.parse(SpeedSchema, value))) ?? {}
    if (kept[key] && kept[key] >= peak) return kept[key]
    await writeJson(path, { ...kept, [key]: peak })
    return peak
  }
}
