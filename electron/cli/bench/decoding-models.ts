/** Models for the decoding benchmark, as files: sizes are what counts, so weights are random where none are shipped. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gptGraph, type GptConfig } from '../../graph/gpt.ts'
import { countParameters, type Graph } from '../../graph/graph.ts'
import { initialise } from '../../graph/initialisation.ts'
import type { Parameters } from '../../graph/parameters.ts'
import { encodeSafetensors } from '../../graph/safetensors.ts'
import { exportInWorker } from '../../onnx/onnx-session.ts'

export interface DecodingModel {
  readonly name: string
  readonly title: string
  readonly config: GptConfig
}

const gpt = { bias: true, tied: true, dropout: 0 }

/** The first has the size of the model that `sonnets-char` trains. */
export const decodingModels: readonly DecodingModel[] = [
  {
    name: 'sonnets',
    title: '4 layers, 128 channels',
    config: { ...gpt, layers: 4, heads: 4, channels: 128, context: 256, vocabulary: 68 }
  },
  {
    name: '10M',
    title: '6 layers, 384 channels',
    config: { ...gpt, layers: 6, heads: 6, channels: 384, context: 256, vocabulary: 4096 }
  },
  {
    name: '30M',
    title: '8 layers, 512 channels',
    config: { ...gpt, layers: 8, heads: 8, channels: 512, context: 256, vocabulary: 4096 }
  }
]

/** A model on disk, for every program of the race. */
export interface DecodingFiles {
  readonly graph: Graph
  readonly parameters: Parameters
  readonly parameterCount: number
  /** Path of the safetensors file. */
  readonly weights: string
  /** Folder for exported sessions. */
  readonly cache: string
  /** Folders in the Hugging Face layout, by the form of their attention. */
  readonly folders: Readonly<Record<'standard' | 'decomposed', string>>
  remove(): Promise<void>
}

/** @param parameters of a real model; random ones when absent */
export async function writeDecodingFiles(
  { config }: DecodingModel,
  parameters: Parameters = initialise(gptGraph(config), 1337)
): Promise<DecodingFiles> {
  const graph = gptGraph(config)
  const root = await mkdtemp(join(tmpdir(), 'gptlab-bench-'))
  const weights = join(root, 'model.safetensors')
  const tensors = new Map(graph.parameters.map(({ name, shape }) => [name, { shape, values: parameters.get(name)! }]))
  await writeFile(weights, encodeSafetensors(tensors))
  const folder = async (attention: 'standard' | 'decomposed') => {
    const path = join(root, attention)
    await exportInWorker({ graph, weightsFile: weights, form: 'cached', attention, path: join(path, 'onnx', 'model.onnx') })
    const { layers, heads, channels, context, vocabulary } = config
    await writeFile(
      join(path, 'config.json'),
      JSON.stringify({
        architectures: ['GPT2LMHeadModel'],
        model_type: 'gpt2',
        n_layer: layers,
        n_head: heads,
        n_embd: channels,
        n_positions: context,
        vocab_size: vocabulary
      })
    )
    return path
  }
  return {
    graph,
    parameters,
    parameterCount: countParameters(graph),
    weights,
    cache: join(root, 'cache'),
    folders: { standard: await folder('standard'), decomposed: await folder('decomposed') },
    remove: () => rm(root, { recursive: true, force: true })
  }
}
