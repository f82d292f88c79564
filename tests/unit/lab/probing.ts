/** A lab with a small model of random weights, opened in ONNX Runtime as the lab's users have it. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadEngine } from '../../../electron/engine/engine.ts'
import { gptGraph, type GptConfig } from '../../../electron/graph/gpt.ts'
import { elements } from '../../../electron/graph/graph.ts'
import { MersenneTwister, torchNormal } from '../../../electron/graph/initialisation.ts'
import type { Parameters } from '../../../electron/graph/parameters.ts'
import { openLab, type Lab } from '../../../electron/lab/lab.ts'
import type { Tokenizer } from '../../../electron/tokenizers/tokenizer.ts'

export interface SmallLab {
  readonly lab: Lab
  /** Id of the model. */
  readonly model: string
  readonly config: GptConfig
  /** Logits (T, vocabulary) of a text by the native engine: what every figure is held against. */
  engineLogits(tokens: ArrayLike<number>): Promise<Float32Array>
  close(): Promise<void>
}

/** Weights far larger than at the start of training, so that distributions have a shape. */
function randomParameters(config: GptConfig): Parameters {
  const random = new MersenneTwister(3)
  return new Map(
    gptGraph(config).parameters.map(({ name, shape, init }) => {
      const values = torchNormal(random, elements(shape), init.kind === 'normal' ? 0.25 : 0.1)
      return [name, init.kind === 'ones' ? values.map(value => 1 + value) : values]
    })
  )
}

export async function openSmallLab(tokenizer: Tokenizer, context = 12): Promise<SmallLab> {
  const { vocabulary } = tokenizer
  const config: GptConfig = { layers: 2, heads: 2, channels: 16, context, vocabulary, bias: true, tied: true, dropout: 0 }
  const graph = gptGraph(config)
  const parameters = randomParameters(config)
  const home = await mkdtemp(join(tmpdir(), 'gptlab-probe-'))
  const host = { host: 'cli', chooseFolder: async () => undefined, reveal: async () => false } as const
  const lab = await openLab({ home, host, threads: 1 })
  const shapes = new Map(graph.parameters.map(({ name, shape }) => [name, shape]))
  const card = { name: 'small', origin: 'trained', created: new Date().toISOString() } as const
  const { id } = await lab.models.write(
    'small',
    { model: config, parameters, tokenizer: tokenizer.json(), kind: 'base', card },
    shapes
  )
  const plan = loadEngine().compile(graph, { batch: 1, length: context, threads: 1 })
  await plan.writeParameters(parameters)
  return {
    lab,
    model: id,
    config,
    engineLogits: tokens => plan.logits(Int32Array.from(tokens), tokens.length),
    close: async () => {
      await plan.close()
      await lab.close()
      await rm(home, { recursive: true, force: true })
    }
  }
}
