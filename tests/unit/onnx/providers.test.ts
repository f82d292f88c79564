/** Which provider runs a model: choosing, refusing, and what the profile says really ran. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InferenceSession, listSupportedBackends, Tensor } from 'onnxruntime-node'
import { describe, expect, it } from 'vitest'
import { exportOnnx } from '../../../electron/onnx/export.ts'
import { gptGraph } from '../../../electron/graph/gpt.ts'
import { openOnnxSession } from '../../../electron/onnx/onnx-session.ts'
import { countOperations } from '../../../electron/onnx/providers.ts'
import { carriedProviders, providerOrder } from '../../../electron/onnx/provider-order.ts'
import { oddModels, openSmall, randomParameters } from './small-models.ts'

const config = oddModels[2]!
const names = listSupportedBackends().map(({ name }) => name)
/** Libraries of CUDA come from an installation of their own. */
const has = (name: string) => names.includes(name)

describe('providers', () => {
  it('of this platform are those of the runtime’s package', () => {
    const known = names.filter(name => ['cpu', 'cuda', 'dml', 'coreml', 'webgpu'].includes(name))
    expect([...carriedProviders()].sort()).toEqual(known.sort())
  })

  it('are tried in the order of the platform, the CPU last', () => {
    expect(providerOrder('auto', 'win32-x64')).toEqual(['cuda', 'dml', 'webgpu', 'cpu'])
    expect(providerOrder('auto', 'darwin-arm64')).toEqual(['coreml', 'webgpu', 'cpu'])
    expect(providerOrder('auto', 'linux-x64')).toEqual(['cuda', 'cpu'])
    expect(providerOrder('auto', 'darwin-x64')).toEqual(['cpu'])
    expect(providerOrder('webgpu', 'linux-x64')).toEqual(['webgpu', 'cpu'])
    expect(providerOrder('cpu', 'win32-x64')).toEqual(['cpu'])
  })

  it('say what ran: every operation on the CPU, and how long a token takes', async () => {
    const { description } = (await openSmall(config)).session
    expect(description).toMatchObject({ provider: 'cpu', requested: 'cpu', refused: [], weights: 'fp32', threads: 1 })
    expect(Object.keys(description.operations)).toEqual(['cpu'])
    expect(description.operations['cpu']).toBeGreaterThan(10)
    expect(description.millisecondsPerToken).toBeGreaterThan(0)
  })

  it.skipIf(has('dml'))('that the package does not carry are refused, and the CPU runs', async () => {
    const { session } = await openSmall(config, { provider: 'dml' })
    expect(session.description).toMatchObject({ provider: 'cpu', requested: 'dml' })
    expect(session.description.refused).toMatchObject([{ provider: 'dml', why: 'not-in-package' }])
    expect((await session.next(Int32Array.of(1))).every(Number.isFinite)).toBe(true)
  })

  for (const provider of ['cuda', 'webgpu'] as const)
    it.skipIf(!has(provider))(
      `${provider} runs the model, or is refused in the runtime’s own words while the CPU runs it`,
      async () => {
        const { session, parameters } = await openSmall(config, { provider })
        const { description } = session
        if (description.provider === provider) expect(description.operations[provider]).toBeGreaterThan(0)
        else {
          expect(description).toMatchObject({ provider: 'cpu', requested: provider })
          expect(description.refused).toMatchObject([{ provider, why: expect.stringMatching(/not-on-machine|failed|idle/) }])
          expect(description.refused[0]!.detail).toMatch(/library|adapter|CUDA|no operation/i)
          expect(description.refused[0]!.detail).not.toContain('\n')
        }
        expect(parameters.size).toBeGreaterThan(0)
        expect((await session.next(Int32Array.of(1))).every(Number.isFinite)).toBe(true)
      }
    )

  it('that were left out silently are found by the profile', async () => {
    // A list of providers is taken by the runtime with a warning only: this is why each is tried alone and its profile read.
    const folder = await mkdtemp(join(tmpdir(), 'gptlab-profile-'))
    try {
      const graph = gptGraph(config)
      const bytes = exportOnnx(graph, randomParameters(graph, 1), 'full')
      const session = await InferenceSession.create(bytes, {
        executionProviders: ['dml', 'cpu'],
        enableProfiling: true,
        profileFilePrefix: join(folder, 'run'),
        logSeverityLevel: 4
      })
      await session.run({ input_ids: new Tensor('int64', [1n, 2n], [1, 2]) })
      session.endProfiling()
      await session.release()
      expect(await readdir(folder)).toHaveLength(1)
      const operations = await countOperations(folder)
      if (has('dml')) expect(operations['dml']).toBeGreaterThan(0)
      else expect(Object.keys(operations)).toEqual(['cpu'])
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })

  it('are none of them to blame for damaged weights', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gptlab-damaged-'))
    const weights = join(folder, 'model.safetensors')
    await writeFile(weights, 'not what it should be')
    const source = { kind: 'graph', graph: gptGraph(config), weights, cache: join(folder, 'cache'), form: 'fp32' } as const
    const opening = openOnnxSession({ source, sizes: config, provider: 'auto', threads: 1 })
    await expect(opening).rejects.toMatchObject({ code: 'safetensors-damaged' })
    await rm(folder, { recursive: true, force: true })
  })
})
