import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decodeSafetensors, encodeSafetensors, type Safetensors, type TensorValues } from '../../electron/graph/safetensors.ts'
import { babyGptParity } from '../../electron/lab/parity/baby-gpt.ts'
import { readFixture } from '../../electron/lab/parity/fixture.ts'
import { gptParity } from '../../electron/lab/parity/gpt.ts'
import type { Quantity } from '../../electron/lab/parity/quantity.ts'
import { engine } from './small-models.ts'

const place = (name: string) => new URL(`../fixtures/${name}`, import.meta.url).pathname

/** A reference file, read as the command reads it; `change` alters its tensors first. */
async function fixture(kind: 'gpt' | 'baby-gpt', change?: (tensors: Map<string, TensorValues>) => void): Promise<Safetensors> {
  const name = kind === 'gpt' ? 'gpt-parity.safetensors' : 'baby-gpt-1337.safetensors'
  const { tensors, metadata } = decodeSafetensors(await readFile(place(name)))
  const values = new Map([...tensors].map(([key, tensor]) => [key, tensor.values]))
  change?.(values)
  const kept = new Map([...tensors].filter(([key]) => values.has(key)))
  const path = join(folder, name)
  await writeFile(path, encodeSafetensors(kept, metadata))
  const read = await readFixture(path)
  if (read.kind !== kind) throw new Error(`Expected ${kind} but ${name} is ${read.kind}.`)
  return read.file
}

let folder = ''
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'gptlab-parity-'))))
afterAll(() => rm(folder, { recursive: true, force: true }))

const failed = (quantities: readonly Quantity[]) => quantities.filter(({ ok }) => !ok)

describe.each(engine.simds)('parity of %s kernels', simd => {
  it('of a GPT with PyTorch', async () => {
    const quantities = await gptParity(await fixture('gpt'), engine, { threads: 2, simd })
    expect(failed(quantities)).toEqual([])
    expect(quantities.map(({ name }) => name)).toEqual([
      'gelu over [-10, 10]',
      'logits',
      'step-0 gradients, relative',
      'losses',
      'gradient norms, relative',
      'final weights, relative'
    ])
  })

  it('of the baby GPT, from its file and from its seed', async () => {
    const quantities = await babyGptParity(await fixture('baby-gpt'), engine, { threads: 1, simd })
    expect(failed(quantities)).toEqual([])
    expect(quantities).toHaveLength(4)
  })
})

describe('parity compares with what stands in the file', () => {
  const nudge =
    (name: string, by: number, at = 0) =>
    (tensors: Map<string, TensorValues>) => {
      const values = tensors.get(name) as Float32Array | Float64Array
      values[at]! += by
    }
  const gpt = 'transformer.h.1.mlp.c_fc.weight'
  it.each([
    ['step0.logits', 1e-3, 'logits'],
    [`step0.grad.${gpt}`, 0.1, 'step-0 gradients, relative'],
    ['losses', 1e-3, 'losses'],
    ['grad_norms', 0.1, 'gradient norms, relative'],
    [`final.${gpt}`, 0.1, 'final weights, relative']
  ])('%s of a GPT', async (tensor, by, name) => {
    const changed = await fixture('gpt', nudge(tensor, by, 5))
    const quantities = await gptParity(changed, engine, { threads: 2 })
    expect(failed(quantities).map(quantity => quantity.name)).toEqual([name])
  })
  it.each([
    ['p1.before', ['P(1|state) before training']],
    ['losses', ['losses']],
    ['p1.after50', ['P(1|state) after 50 steps', 'P(1|state) after 50 steps, from seed 1337 alone']]
  ])('%s of the baby GPT', async (tensor, names) => {
    const changed = await fixture('baby-gpt', nudge(tensor, 2e-3, 7))
    const quantities = await babyGptParity(changed, engine, { threads: 1 })
    expect(failed(quantities).map(({ name }) => name)).toEqual(names)
  })
  it('a value that is not a number', async () => {
    const changed = await fixture('gpt', nudge('step0.logits', NaN))
    expect(failed(await gptParity(changed, engine, { threads: 2 })).map(({ name }) => name)).toEqual(['logits'])
  })
})

describe('a file with something missing', () => {
  it.each([
    ['batch.3.x', 'gpt', gptParity],
    ['grad_norms', 'gpt', gptParity],
    ['p1.after50', 'baby-gpt', babyGptParity]
  ] as const)('%s', async (name, kind, parity) => {
    const read = await fixture(kind, tensors => tensors.delete(name))
    await expect(parity(read, engine, { threads: 1 })).rejects.toMatchObject({
      code: 'fixture-incomplete',
      message: expect.stringContaining(name)
    })
  })
  it('a gradient', async () => {
    const read = await fixture('gpt', tensors => tensors.delete('step0.grad.transformer.ln_f.bias'))
    expect(failed(await gptParity(read, engine, { threads: 1 }))).toEqual([
      { name: 'step-0 gradients, relative', engine: 'native', maxError: Infinity, tolerance: 1e-3, ok: false }
    ])
  })
})
