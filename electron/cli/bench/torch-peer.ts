/** PyTorch training the same model in a process of its own, step by step as it is asked. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { OptimiserOptions } from '../../engine/plan.ts'
import type { Graph } from '../../graph/graph.ts'
import type { Parameters } from '../../graph/parameters.ts'
import { TorchProcess, type TorchSetting } from './torch-process.ts'
import type { TrainingModel } from './training-models.ts'

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
  private constructor(readonly process: TorchProcess) {}

  /** Starts PyTorch and waits until it has the model. */
  static async start(files: TorchFiles, setting: TorchSetting): Promise<{ peer: TorchPeer; version: string }> {
    const started = await TorchProcess.start('torch_gpt.py', files.setup, setting)
    return { peer: new TorchPeer(started), version: started.version }
  }

  /** Trains on. */
  train(steps: number): Promise<{ seconds: number; losses: number[] }> {
    return this.process.ask({ steps })
  }

  close(): void {
    this.process.close()
  }
}
