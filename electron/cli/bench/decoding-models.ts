/** Models for the decoding benchmark, as files: the shipped one, and larger ones with random weights, where sizes are what counts. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ModelSizes } from '../../contract/models.ts'
import { gptGraph } from '../../graph/gpt.ts'
import { countParameters, type Graph } from '../../graph/graph.ts'
import { initialise } from '../../graph/initialisation.ts'
import type { Parameters } from '../../graph/parameters.ts'
import { encodeSafetensors } from '../../graph/safetensors.ts'
import { readConfig, readWeights } from '../../lab/model-folder.ts'
import { findResources } from '../../lab/resources.ts'
import { exportInWorker } from '../../onnx/onnx-session.ts'

export interface DecodingModel {
  readonly name: string
  readonly title: string
  readonly sizes: Pick<ModelSizes, 'layers' | 'heads' | 'channels' | 'context' | 'vocabulary'>
  readonly graph: Graph
  /** Absent where they are drawn at random. */
  readonly parameters?: Parameters
}

const shipped = 'sonnets-char'

/** Names of the models, in order of size. */
export const decodingModelNames = [shipped, '10M', '30M'] as const

const randomSizes = {
  '10M': { layers: 6, heads: 6, channels: 384, context: 256, vocabulary: 4096 },
  '30M': { layers: 8, heads: 8, channels: 512, context: 256, vocabulary: 4096 }
}

/** @throws LabFailure of the reader, where the shipped model is damaged */
export async function decodingModel(name: (typeof decodingModelNames)[number]): Promise<DecodingModel> {
  const titleOf = ({ layers, channels }: DecodingModel['sizes']) => `${layers} layers, ${channels} channels`
  if (name !== shipped) {
    const sizes = randomSizes[name]
    return { name, title: titleOf(sizes), sizes, graph: gptGraph({ ...sizes, bias: true, tied: true, dropout: 0 }) }
  }
  const folder = join(findResources().models, shipped)
  const config = await readConfig(folder)
  if (config.form !== 'lab') throw new TypeError(`${shipped} is no model of the lab`)
  const { sizes, graph } = config
  return { name, title: `${titleOf(sizes)}, as shipped`, sizes, graph, parameters: await readWeights(folder, config) }
}

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

export async function writeDecodingFiles({ sizes, graph, parameters: trained }: DecodingModel): Promise<DecodingFiles> {
  const parameters = trained ?? initialise(graph, 1337)
  const root = await mkdtemp(join(tmpdir(), 'gptlab-bench-'))
  const weights = join(root, 'model.safetensors')
  const tensors = new Map(graph.parameters.map(({ name, shape }) => [name, { shape, values: parameters.get(name)! }]))
  await writeFile(weights, encodeSafetensors(tensors))
  const folder = async (attention: 'standard' | 'decomposed') => {
    const path = join(root, attention)
    await exportInWorker({ graph, weightsFile: weights, form: 'cached', attention, path: join(path, 'onnx', 'model.onnx') })
    const { layers, heads, channels, context, vocabulary } = sizes
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
