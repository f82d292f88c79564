/**
 * Snapshots: a policy at one step of its training, small enough to keep many.
 *
 * Only what has changed since the start is kept, as whole numbers of eight bits with a scale for each row of a
 * matrix: a quarter of the weights' size, and a change is off by half a percent of its row's largest at most.
 * Meant for following how behaviour changes; training goes on from checkpoints.
 */
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { LabFailure } from '../contract/failure.ts'
import type { Parameters } from '../graph/parameters.ts'
import { decodeSafetensors, encodeSafetensors, type Tensor } from '../graph/safetensors.ts'
import type { Shapes } from './checkpoint.ts'

const nameOf = (step: number) => `step-${String(step).padStart(6, '0')}.safetensors`
const largest = 127

/** Where snapshots lie, in a run's folder and in its model's. */
export const snapshotFolder = (path: string): string => join(path, 'snapshots')

/** Writes the policy as it is at `step`. */
export async function writeSnapshot(
  folder: string,
  step: number,
  { start, now, shapes }: { readonly start: Parameters; readonly now: Parameters; readonly shapes: Shapes }
): Promise<void> {
  const scales = new Map<string, Tensor>()
  const changes = new Map<string, Tensor>()
  for (const [name, values] of now) {
    const shape = shapes.get(name) ?? [values.length]
    const { scale, change } = rounded(values, start.get(name)!, shape.length > 1 ? shape[0]! : 1)
    scales.set(`scale.${name}`, { shape: [scale.length], values: scale })
    changes.set(`change.${name}`, { shape, values: change })
  }
  await mkdir(folder, { recursive: true })
  // Scales first: four bytes each, so they begin where four divides.
  const bytes = encodeSafetensors(new Map([...scales, ...changes]), { step: String(step) })
  await writeFileAtomic(join(folder, nameOf(step)), Buffer.from(bytes))
}

function rounded(now: Float32Array, start: Float32Array, rows: number): { scale: Float32Array; change: Int8Array } {
  const columns = now.length / rows
  const scale = new Float32Array(rows)
  const change = new Int8Array(now.length)
  for (let row = 0; row < rows; row++) {
    let most = 0
    for (let i = row * columns; i < (row + 1) * columns; i++) most = Math.max(most, Math.abs(now[i]! - start[i]!))
    scale[row] = most / largest
    if (most === 0) continue
    for (let i = row * columns; i < (row + 1) * columns; i++) change[i] = Math.round((now[i]! - start[i]!) / (most / largest))
  }
  return { scale, change }
}

/** Steps that have a snapshot, in order. */
export async function listSnapshots(folder: string): Promise<number[]> {
  const names = await readdir(folder).catch(() => [])
  return names
    .flatMap(name => /^step-(\d+)\.safetensors$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b)
}

/**
 * The policy at a step.
 * @param start the weights that it started from
 * @throws LabFailure `snapshot-unknown`, `safetensors-damaged`
 */
export async function readSnapshot(folder: string, step: number, start: Parameters): Promise<Parameters> {
  const bytes = await readFile(join(folder, nameOf(step))).catch(() => undefined)
  if (!bytes) throw unknown(step)
  const { tensors } = decodeSafetensors(bytes, nameOf(step))
  return new Map(
    [...start].map(([name, values]) => {
      const [scale, change] = [tensors.get(`scale.${name}`)?.values, tensors.get(`change.${name}`)?.values]
      if (!(scale instanceof Float32Array) || !(change instanceof Int8Array) || change.length !== values.length)
        throw unknown(step)
      const columns = change.length / scale.length
      return [name, values.map((value, i) => value + change[i]! * scale[Math.floor(i / columns)]!)]
    })
  )
}

function unknown(step: number): LabFailure {
  return new LabFailure('snapshot-unknown', `Expected a snapshot of this policy at step ${step} but there is none.`, { step })
}
