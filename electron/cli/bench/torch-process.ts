/** A script of PyTorch's in a process of its own: lines of JSON go in, lines of JSON come out. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { fileURLToPath } from 'node:url'

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

export type TorchScript = 'torch_gpt.py' | 'torch_ppo.py'

/** A script, beside the sources; seen from them or from a bundle in out/main. */
function findScript(name: TorchScript): string | undefined {
  const here = dirname(fileURLToPath(import.meta.url))
  return ['../../..', '../..'].map(up => join(here, up, 'tests/bench', name)).find(path => existsSync(path))
}

/** Why there is no peer on this machine; undefined when there is one. */
export async function torchMissing(script: TorchScript): Promise<string | undefined> {
  if (!findScript(script)) return `its script (tests/bench/${script}) is not part of this installation`
  const code = await new Promise(resolve =>
    spawn(python, ['-c', 'import torch'], { stdio: 'ignore' }).on('close', resolve).on('error', resolve)
  )
  return code === 0 ? undefined : `${python} has no torch (Debian: apt-get install python3-torch)`
}

export class TorchProcess {
  readonly #process: ChildProcessWithoutNullStreams
  readonly #lines: AsyncIterableIterator<string>
  readonly #reader: Interface
  /** Of PyTorch. */
  version = ''
  #errors = ''

  private constructor(script: TorchScript, setup: object, setting: TorchSetting) {
    // As set on some machines these cost OpenBLAS half its speed and more.
    const { OPENBLAS_CORETYPE: _core, OPENBLAS_L2_SIZE: _cache, ...environment } = process.env
    this.#process = spawn(python, [findScript(script)!], {
      env: { ...environment, OPENBLAS_NUM_THREADS: String(setting.blas) }
    })
    this.#process.stderr.on('data', (part: Buffer) => (this.#errors += part.toString()))
    this.#reader = createInterface({ input: this.#process.stdout })
    this.#lines = this.#reader[Symbol.asyncIterator]()
    this.#process.stdin.write(`${JSON.stringify({ ...setup, threads: setting.threads, foreach: setting.foreach })}\n`)
  }

  /** Starts PyTorch and waits until it has its models. */
  static async start(script: TorchScript, setup: object, setting: TorchSetting): Promise<TorchProcess> {
    const started = new TorchProcess(script, setup, setting)
    started.version = (await started.#answer<{ version: string }>()).version
    return started
  }

  async #answer<T>(): Promise<T> {
    const { value, done } = await this.#lines.next()
    if (done) throw new Error(`PyTorch ended: ${this.#errors.trim().split('\n').at(-1) ?? 'without a word'}`)
    return JSON.parse(value) as T
  }

  /** Asks for something and waits for the answer. */
  ask<T>(request: object): Promise<T> {
    this.#process.stdin.write(`${JSON.stringify(request)}\n`)
    return this.#answer()
  }

  close(): void {
    this.#process.stdin.end()
    this.#reader.close()
    this.#process.kill()
  }
}
