/** Snapshots give back the policy, to within what eight bits hold. */
import { mkdtemp, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { seededRandom } from '../../../electron/sampling/random.ts'
import { listSnapshots, readSnapshot, writeSnapshot } from '../../../electron/training/snapshots.ts'

const random = seededRandom(5)
const noise = (count: number, scale: number) => Float32Array.from({ length: count }, () => (random.uniform() - 0.5) * scale)
const shapes = new Map([
  ['matrix', [40, 50]],
  ['vector', [50]]
])
const start = new Map([
  ['matrix', noise(2000, 1)],
  ['vector', noise(50, 1)]
])
const moved = (scale: number) =>
  new Map([...start].map(([name, values]) => [name, Float32Array.from(noise(values.length, scale), (x, i) => x + values[i]!)]))
const folder = async () => join(await mkdtemp(join(tmpdir(), 'gptlab-snapshots-')), 'snapshots')

it('gives back each step, off by half a percent of the largest change at most, at a quarter of the size', async () => {
  const path = await folder()
  const now = moved(0.02)
  await writeSnapshot(path, 20, { start, now, shapes })
  await writeSnapshot(path, 0, { start, now: start, shapes })
  expect(await listSnapshots(path)).toEqual([0, 20])
  const read = await readSnapshot(path, 20, start)
  for (const [name, values] of now)
    values.forEach((value, i) => expect(Math.abs(read.get(name)![i]! - value)).toBeLessThan((0.01 / 127) * 0.51))
  expect(await readSnapshot(path, 0, start)).toEqual(start)
  expect((await stat(join(path, 'step-000020.safetensors'))).size).toBeLessThan(2050 + 41 * 4 + 500)
})

it('names a step that was not kept', async () => {
  await expect(readSnapshot(await folder(), 3, start)).rejects.toMatchObject({ code: 'snapshot-unknown', details: { step: 3 } })
})
