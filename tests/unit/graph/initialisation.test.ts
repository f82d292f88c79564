import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { gptGraph } from '../../../electron/graph/gpt.ts'
import { countParameters } from '../../../electron/graph/graph.ts'
import { initialise, MersenneTwister, torchNormal } from '../../../electron/graph/initialisation.ts'
import { decodeSafetensors } from '../../../electron/graph/safetensors.ts'

const babyGpt = {
  layers: 4,
  heads: 4,
  channels: 16,
  context: 3,
  vocabulary: 2,
  bias: false,
  normBias: true,
  tied: true,
  dropout: 0
}

describe('PyTorch-compatible initialisation', () => {
  it('draws the numbers of MT19937', () => {
    // The first outputs of the reference implementation, init_genrand(5489).
    const random = new MersenneTwister(5489)
    expect([random.next(), random.next(), random.next()]).toEqual([3499211612, 581869302, 3890346734])
  })

  it('gives Karpathy’s baby GPT from seed 1337 alone', () => {
    const { tensors } = decodeSafetensors(readFileSync('tests/fixtures/baby-gpt-1337.safetensors'))
    const graph = gptGraph(babyGpt)
    expect(countParameters(graph)).toBe(12656)
    for (const [name, values] of initialise(graph, 1337)) {
      const expected = tensors.get(`init.${name}`)!.values as Float32Array
      const worst = values.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0)
      expect(worst, name).toBeLessThanOrEqual(2e-8)
    }
  })

  it('draws the last sixteen places again where sixteen does not divide the size', () => {
    const values = torchNormal(new MersenneTwister(7), 1000, 1)
    const mean = values.reduce((sum, value) => sum + value, 0) / 1000
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 999
    expect(Math.abs(mean)).toBeLessThan(0.1)
    expect(Math.abs(variance - 1)).toBeLessThan(0.15)
    const random = new MersenneTwister(7)
    for (let i = 0; i < 1000; i++) random.uniform()
    const tail = torchNormal(random, 16, 1)
    expect(values.slice(984)).toEqual(tail)
  })

  it('gives a GPT of any size values of the stated deviation', () => {
    const graph = gptGraph({
      layers: 2,
      heads: 2,
      channels: 64,
      context: 16,
      vocabulary: 100,
      bias: true,
      tied: false,
      dropout: 0
    })
    const values = initialise(graph, 1)
    for (const { name, init } of graph.parameters) {
      const of = values.get(name)!
      const deviation = Math.sqrt(of.reduce((sum, value) => sum + value * value, 0) / of.length)
      expect(deviation, name).toBeCloseTo(init.kind === 'normal' ? init.deviation : init.kind === 'ones' ? 1 : 0, 2)
    }
  })
})
