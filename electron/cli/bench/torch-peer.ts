/** PyTorch training the same model in a process of its own, step by step as it is asked. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { OptimiserOptions } from '../../engine/plan.ts'
import type { Graph } from '../../graph/graph.ts'
import type { Parameters } from '../../graph/parameters.ts'
import type { TrainingModel } from './training-models.ts'

/** Ways to run PyTorch; which is fastest depends on model and machine. */
export interface TorchSetting {
  /** PyTorch's own threads. */
  readonly threads: number
  /** Threads of OpenBLAS, which does its matrix products. */
  readonly blas: number
  /** AdamW over lists of tensors. */
  readonly foreach: boolean
}

export const torchSettings = (threads: number): readonly TorchSetting[] => [
  { threads: 1, blas: threads, foreach: true },
  { threads: 1, blas: threads, foreach: false },
  { threads, blas: 1, foreach: true },
  { threads, blas: threads, foreach: true },
  { threads: 1, blas: 1, foreach: true }
]

const python = process.env['GPTLAB_PYTHON'] ?? '/usr/bin/python3'

/** The script, beside the sources; seen from them or from a bundle in out/main. */
function findScript(): string | undefined {
  const here = dirname(fileURLToPath(import.meta.url))
  return ['../../..', '../..'].map(up => join(here, up, 'tests/bench/torch_gpt.py')).find(path => existsSync(path))
}

/** Why there is no peer on this machine; undefined when there is one. */
export async function torchMissing(): Promise<string | undefined> {
  if (!findScript()) return 'its script (tests/bench/torch_gpt.py) is not part of this installation'
  const code = await new Promise(resolve =>
    spawn(python, ['-c', 'import torch'], { stdio: 'ignore' }).on('close', resolve).on('error', resolve)
  )
  return code === 0 ? undefined : `${python} has no torch (Debian: apt-get install python3-torch)`
}

/** Files that a peer reads, in a folder for one model. */
export interface TorchFiles {
  readonly setup: object
  remove(): Promise<void>
}

export async function writeTorchFiles(
  model: TrainingModel,
  graph: Graph,
  optimiser: OptimiserOptions,
  parameters: Parameters,
  data: Record<'tokens' | 'targets', Int32Array>
): Promise<TorchFiles> {
  const folder = await mkdtemp(join(tmpdir(), 'gptlab-bench-'))
  const path = (name: string) => join(folder, name)
  await writeFile(
    path('parameters'),
    Buffer.concat([...parameters.values()].map(({ buffer }) => new Uint8Array(buffer as ArrayBuffer)))
  )
  await writeFile(path('tokens'), data.tokens)
  await writeFile(path('targets'), data.targets)
  const { config, batch, loss, learningRate } = model
  return {
    setup: {
      ...{ config, batch, loss, learningRate, optimiser, decayed: optimiser.decayed },
      ...{ parameters: path('parameters'), tokens: path('tokens'), targets: path('targets') },
      shapes: graph.parameters.map(({ name, shape }) => [name, shape])
    },
    remove: () => rm(folder, { recursive: true, force: true })
  }
}

export class TorchPeer {
  readonly #process: ChildProcessWithoutNullStreams
  readonly #lines: AsyncIterableIterator<string>
  readonly #reader: Interface
  #errors = ''

  private constructor({ setup }: TorchFiles, setting: TorchSetting) {
    // As set on some machines these cost OpenBLAS half its speed and more.
    const { OPENBLAS_CORETYPE: _core, OPENBLAS_L2_SIZE: _cache, ...environment } = process.env
    this.#process = spawn(python, [findScript()!], { env: { ...environment, OPENBLAS_NUM_THREADS: String(setting.blas) } })
    this.#process.stderr.on('data', (part: Buffer) => (this.#errors += part.toString()))
    this.#reader = createInterface({ input: this.#process.stdout })
    this.#lines = this.#reader[Symbol.asyncIterator]()
    this.#process.stdin.write(`${JSON.stringify({ ...setup, threads: setting.threads, foreach: setting.foreach })}\n`)
  }

  /** Starts PyTorch and waits until it has the model. */
  static async start(files: TorchFiles, setting: TorchSetting): Promise<{ peer: TorchPeer; version: string }> {
    const peer = new TorchPeer(files, setting)
    const { version } = await peer.#answer<{ version: string }>()
    return { peer, version }
  }

  async #answer<T>(): Promise<T> {
    const { value, done } = await this.#lines.next()
    if (done) throw new Error(`PyTorch ended: ${this.#errors.trim().split('\n').at(-1) ?? 'without a word'}`)
    return JSON.parse(value) as T
  }

  /** Trains on. */
  async train(steps: number): Promise<{ seconds: number; losses: number[] }> {
    this.#process.stdin.write(`${JSON.stringify({ steps })}\n`)
    return this.#answer()
  }

  close(): void {
    this.#process.stdin.end()
    this.#reader.close()
    this.#process.kill()
  }
}
