/** Folders in the Hugging Face ONNX layout, run as they are, against the same weights in 64-bit floats. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { neutralSampling } from '../../../electron/contract/probe.ts'
import { gptGraph } from '../../../electron/graph/gpt.ts'
import { exportOnnx } from '../../../electron/onnx/export.ts'
import type { FolderSource } from '../../../electron/onnx/folder-model.ts'
import type { InferenceSession } from '../../../electron/onnx/inference.ts'
import { openOnnxSession } from '../../../electron/onnx/onnx-session.ts'
import { arrangements, llamaWeights, runPlainLlama, smallLlama, writeLlamaFiles } from './hugging-face-models.ts'
import { runPlainGpt, softmaxOf } from './plain-gpt.ts'
import { closedAfterwards, largestDifference, oddModels, randomParameters, someTokens, temporaryFolder } from './small-models.ts'

async function open(directory: string, sizes: FolderSource['sizes']): Promise<InferenceSession> {
  const source = { kind: 'folder', directory, sizes } as const
  return closedAfterwards(await openOnnxSession({ source, sizes, provider: 'cpu', threads: 1 }))
}

/** Several streams of different lengths say at every token what the plain model says of the whole text. */
async function expectParity(session: InferenceSession, plain: (tokens: readonly number[]) => number[][], tolerance: number) {
  const { vocabulary, context } = session
  const prompts = [7, 1, context - 4, 12].map((length, i) => someTokens(length, vocabulary, i))
  expect(largestDifference(await session.next(prompts[0]!), plain([...prompts[0]!]).at(-1)!)).toBeLessThan(tolerance)
  const settings = { ...neutralSampling, temperature: 1.5 }
  const streams = await session.decode({ prompts, settings, seed: 4, maxTokens: 20, endTokens: [3, 4, 5] })
  expect(streams[2]!.ended).toMatch(/context|end-token/)
  streams.forEach(({ tokens, probabilities }, i) => {
    const text = [...prompts[i]!, ...tokens]
    const rows = plain(text.slice(0, context)).slice(prompts[i]!.length - 1)
    const expected = Array.from(tokens, (id, place) => softmaxOf(rows[place]!.map(logit => logit / 1.5))[id]!)
    expect(largestDifference(probabilities, expected), `stream ${i}`).toBeLessThan(tolerance)
  })
}

describe('GPT-2-like models', () => {
  for (const attention of ['standard', 'decomposed'] as const)
    for (const config of oddModels.slice(0, 2))
      it(`with ${attention} attention and ${config.heads} heads run from model.onnx`, async () => {
        const folder = await temporaryFolder()
        const graph = gptGraph(config)
        const parameters = randomParameters(graph, 3)
        await mkdir(join(folder, 'onnx'))
        await writeFile(join(folder, 'onnx', 'model.onnx'), exportOnnx(graph, parameters, 'cached', { attention }))
        const session = await open(folder, config)
        expect(session.inspect).toBeUndefined()
        await expectParity(session, tokens => runPlainGpt(config, parameters, tokens).logits, 1e-4)
      })
})

describe('LLaMA-like models with grouped key-value heads', () => {
  const weights = llamaWeights(smallLlama, 8)
  const { layers, heads, headSize, vocabulary, context } = smallLlama
  const sizes = { layers, heads, channels: heads * headSize, vocabulary, context }
  for (const files of arrangements)
    it(`run from these files: ${files}`, async () => {
      const folder = await temporaryFolder()
      await writeLlamaFiles(folder, smallLlama, weights, files)
      const session = await open(folder, sizes)
      expect(session.description.weights).toBe(files === 'half' ? 'fp16' : 'fp32')
      await expectParity(session, tokens => runPlainLlama(smallLlama, weights, tokens), files === 'half' ? 0.05 : 1e-4)
    })
})

it('models of other makers never meet WebGPU, which crashes on their empty past', async () => {
  const folder = await temporaryFolder()
  const { layers, heads, headSize, vocabulary, context } = smallLlama
  const sizes = { layers, heads, channels: heads * headSize, vocabulary, context }
  await writeLlamaFiles(folder, smallLlama, llamaWeights(smallLlama, 8), 'model')
  const source = { kind: 'folder', directory: folder, sizes } as const
  const session = closedAfterwards(await openOnnxSession({ source, sizes, provider: 'webgpu', threads: 1 }))
  expect(session.description).toMatchObject({
    provider: 'cpu',
    requested: 'webgpu',
    refused: [{ provider: 'webgpu', why: 'not-supported' }]
  })
})

describe('folders that cannot be run', () => {
  const sizes = { layers: 1, heads: 1, channels: 4, vocabulary: 17, context: 8 }

  it('are refused by name: no ONNX file', async () => {
    await expect(open(await temporaryFolder(), sizes)).rejects.toMatchObject({ code: 'model-incomplete' })
  })

  it('are refused by name: a model without a cache', async () => {
    const folder = await temporaryFolder()
    const graph = gptGraph(oddModels[2]!)
    await mkdir(join(folder, 'onnx'))
    await writeFile(join(folder, 'onnx', 'model.onnx'), exportOnnx(graph, randomParameters(graph, 1), 'full'))
    await expect(open(folder, sizes)).rejects.toMatchObject({ code: 'model-inputs' })
  })

  it('are refused by name: a model that wants more than text', async () => {
    const folder = await temporaryFolder()
    const graph = gptGraph(oddModels[2]!)
    await mkdir(join(folder, 'onnx'))
    await writeFile(join(folder, 'onnx', 'model.onnx'), exportOnnx(graph, randomParameters(graph, 1), 'delta'))
    await expect(open(folder, sizes)).rejects.toMatchObject({ code: 'model-inputs', details: { input: 'mask' } })
  })

  it('are refused by name: bytes that are no model', async () => {
    const folder = await temporaryFolder()
    await mkdir(join(folder, 'onnx'))
    await writeFile(join(folder, 'onnx', 'model.onnx'), 'not a model')
    await expect(open(folder, sizes)).rejects.toMatchObject({ code: 'session-failed' })
  })
})
