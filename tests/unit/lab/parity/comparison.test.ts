import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadEngine } from '../../../../electron/engine/engine.ts'
import { compareWith } from '../../../../electron/lab/parity/comparison.ts'

const fixtures = join(import.meta.dirname, '../../../fixtures')
const compare = (path: string) => compareWith(path, { engine: loadEngine, threads: 2 })

/** The file with one number of a tensor made another: the exponent's highest bit is turned over. */
async function withChanged(file: string, tensor: string, index: number): Promise<string> {
  const bytes = await readFile(join(fixtures, file))
  const header = Number(bytes.readBigUInt64LE(0))
  const { dtype, data_offsets } = (
    JSON.parse(bytes.toString('utf8', 8, 8 + header)) as Record<string, { dtype: string; data_offsets: [number, number] }>
  )[tensor]!
  const size = dtype === 'F64' ? 8 : 4
  bytes[8 + header + data_offsets[0] + (index + 1) * size - 1]! ^= 0x40
  const changed = join(await mkdtemp(join(tmpdir(), 'gptlab-parity-')), file)
  await writeFile(changed, bytes)
  return changed
}

describe.each([
  ['gpt-parity.safetensors', 'gpt', ['gelu over [-10, 10]', 'logits', 'losses']],
  ['baby-gpt-1337.safetensors', 'baby-gpt', ['losses', 'P(1|state) after 50 steps']]
])('%s', (file, kind, names) => {
  it('agrees in every quantity, on the engine and on ONNX Runtime', async () => {
    const { kind: found, quantities } = await compare(join(fixtures, file))
    expect(found).toBe(kind)
    expect(quantities.filter(({ ok }) => !ok)).toEqual([])
    const native = quantities.filter(({ engine }) => engine === 'native').map(({ name }) => name)
    expect(native).toEqual(expect.arrayContaining(names))
    const onnx = quantities.filter(({ engine }) => engine === 'onnx')
    expect(onnx.map(({ name, tolerance }) => [name, tolerance])).toEqual([
      ['logits, full form', 1e-4],
      ['logits, cached form, standard attention', 1e-4],
      ['logits, cached form, decomposed attention', 1e-4],
      ['logits, cached form, own keys and values', 1e-4]
    ])
    // Two different machines of arithmetic: a deviation of exactly 0 would mean that one was compared with itself.
    expect(Math.max(...onnx.map(({ maxError }) => maxError))).toBeGreaterThan(0)
  })
})

describe('one expected value that is another', () => {
  it.each([
    ['gpt-parity.safetensors', 'step0.logits', 7_000, 'logits'],
    ['gpt-parity.safetensors', 'step0.grad.transformer.h.1.attn.c_attn.weight', 11, 'step-0 gradients, relative'],
    ['gpt-parity.safetensors', 'step0.grad.transformer.ln_f.bias', 47, 'step-0 gradients, relative'],
    ['gpt-parity.safetensors', 'losses', 24, 'losses'],
    ['gpt-parity.safetensors', 'grad_norms', 3, 'gradient norms, relative'],
    ['gpt-parity.safetensors', 'final.transformer.h.2.mlp.c_proj.weight', 100, 'final weights, relative'],
    ['baby-gpt-1337.safetensors', 'p1.before', 0, 'P(1|state) before training'],
    ['baby-gpt-1337.safetensors', 'losses', 49, 'losses'],
    ['baby-gpt-1337.safetensors', 'p1.after50', 7, 'P(1|state) after 50 steps']
  ])('in %s, %s, is out of tolerance', async (file, tensor, index, name) => {
    const { quantities } = await compare(await withChanged(file, tensor, index))
    expect(quantities.find(quantity => quantity.name === name)).toMatchObject({ ok: false })
  })

  it('among the weights, moves what is computed from them', async () => {
    const { quantities } = await compare(await withChanged('gpt-parity.safetensors', 'init.transformer.h.0.mlp.c_fc.weight', 5))
    const beyond = quantities.filter(({ ok }) => !ok)
    // ONNX Runtime is held against the engine, which reads the same weights.
    expect(beyond.map(({ engine }) => engine)).not.toContain('onnx')
    expect(beyond.map(({ name }) => name)).toEqual(expect.arrayContaining(['logits', 'losses']))
  })
})

describe('a file that lacks what is compared', () => {
  it.each([
    ['gpt-parity.safetensors', 'n_embd', 'fixture-incomplete'],
    ['gpt-parity.safetensors', 'grad_norms', 'fixture-incomplete'],
    ['baby-gpt-1337.safetensors', 'optimiser', 'fixture-incomplete']
  ])('%s without %s is a named failure', async (file, name, code) => {
    const bytes = await readFile(join(fixtures, file))
    const header = Number(bytes.readBigUInt64LE(0))
    // Of the same length, so that the offsets hold.
    const text = bytes.toString('latin1', 8, 8 + header).replace(`"${name}"`, `"${'x'.repeat(name.length)}"`)
    bytes.write(text, 8, 'latin1')
    const changed = join(await mkdtemp(join(tmpdir(), 'gptlab-parity-')), file)
    await writeFile(changed, bytes)
    await expect(compare(changed)).rejects.toMatchObject({ code })
  })
})
