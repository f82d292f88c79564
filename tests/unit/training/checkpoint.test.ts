import { mkdtemp, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { seededRandom } from '../../../electron/sampling/random.ts'
import { loadCheckpoint, saveCheckpoint, type Checkpoint } from '../../../electron/training/checkpoint.ts'

let folder: string
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'gptlab-checkpoint-')), 'checkpoints')
})

const shapes = new Map([
  ['a.weight', [3, 4]],
  ['b.bias', [5]]
])
function checkpointOf(step: number): Checkpoint {
  const random = seededRandom(step + 1)
  const tensors = () =>
    new Map(
      [...shapes].map(([name, shape]) => [
        name,
        Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.uniform() - 0.5)
      ])
    )
  return {
    step,
    states: { model: { step, parameters: tensors(), firstMoments: tensors(), secondMoments: tensors() } },
    seconds: step / 7,
    random: random.state()
  }
}
const save = (step: number) => saveCheckpoint(folder, checkpointOf(step), shapes)
const pathOf = (step: number, kind: string) => join(folder, `step-${String(step).padStart(9, '0')}.${kind}`)

describe('checkpoints', () => {
  it('come back bit for bit', async () => {
    await save(7)
    const { checkpoint, damaged } = await loadCheckpoint(folder)
    expect(checkpoint).toEqual(checkpointOf(7))
    expect(damaged).toEqual([])
  })

  it('hold several models of one run, and what a stage remembers', async () => {
    const [model, value] = [checkpointOf(3).states['model']!, { ...checkpointOf(4).states['model']!, step: 12 }]
    const checkpoint = { ...checkpointOf(3), states: { model, value }, memory: { beta: 0.1, prompts: ['风扇?'] } }
    await saveCheckpoint(folder, checkpoint, shapes)
    expect((await loadCheckpoint(folder)).checkpoint).toEqual(checkpoint)
  })

  it('are none in a folder that is not there', async () => {
    expect((await loadCheckpoint(folder)).checkpoint).toBeUndefined()
  })

  it('keep two generations', async () => {
    for (const step of [1, 2, 3, 10]) await save(step)
    expect((await readdir(folder)).sort()).toEqual(
      [pathOf(3, 'json'), pathOf(3, 'safetensors'), pathOf(10, 'json'), pathOf(10, 'safetensors')]
        .map(path => path.slice(folder.length + 1))
        .sort()
    )
    expect((await loadCheckpoint(folder)).checkpoint?.states['model']?.step).toBe(10)
  })

  const damages: [string, () => Promise<void>][] = [
    ['weights cut short', () => truncate(pathOf(2, 'safetensors'), 300)],
    ['an empty weights file', () => truncate(pathOf(2, 'safetensors'), 0)],
    ['no weights file', () => rm(pathOf(2, 'safetensors'))],
    ['a torn record', () => truncate(pathOf(2, 'json'), 20)],
    ['a record of another step', async () => writeFile(pathOf(2, 'json'), await readFile(pathOf(1, 'json')))],
    [
      'one flipped bit',
      async () => {
        const bytes = await readFile(pathOf(2, 'safetensors'))
        bytes[bytes.length - 3]! ^= 1
        await writeFile(pathOf(2, 'safetensors'), bytes)
      }
    ]
  ]
  it.each(damages)('uses the one before when the newest has %s, and sets the newest aside', async (_, damage) => {
    await save(1)
    await save(2)
    await damage()
    const { checkpoint, damaged } = await loadCheckpoint(folder)
    expect(checkpoint).toEqual(checkpointOf(1))
    expect(damaged.length).toBeGreaterThan(0)
    for (const path of damaged) expect(path).toMatch(/step-000000002\.(json|safetensors)\.damaged-/)
    // Nothing is lost by going on: the damaged files are still there afterwards.
    await save(2)
    expect((await loadCheckpoint(folder)).checkpoint).toEqual(checkpointOf(2))
    expect((await readdir(folder)).filter(name => name.includes('.damaged-'))).toHaveLength(damaged.length)
  })

  it('do not count until the record is there: a kill between the two files costs nothing', async () => {
    await save(1)
    await save(2)
    await rm(pathOf(2, 'json'))
    expect((await loadCheckpoint(folder)).checkpoint?.states['model']?.step).toBe(1)
    await writeFile(`${pathOf(3, 'safetensors')}.tmp`, 'half')
    await save(4)
    expect((await readdir(folder)).some(name => name.endsWith('.tmp'))).toBe(false)
  })
})
