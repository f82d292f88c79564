/** A model of the lab, exported to ONNX into a cache folder when it is first opened. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Tensor, type InferenceSession } from 'onnxruntime-node'
import type { Graph } from '../graph/graph.ts'
import { DeltaStreams } from './delta-streams.ts'
import { attentionSizes, exporterVersion, type ExportForm, type WeightForm } from './export-forms.ts'
import type { FullRun } from './inference.ts'
import type { OpenedModel, OpenFile } from './opened-model.ts'
import { floatsOfTensor } from './padded-rows.ts'

export interface GraphSource {
  readonly kind: 'graph'
  readonly graph: Graph
  /** Path of the safetensors file with the graph's parameters. */
  readonly weights: string
  /** Folder for the exported files, of these weights alone. */
  readonly cache: string
  /** How decoding's weights are stored; the full form's are float32 always. */
  readonly form: WeightForm
}

/**
 * Opens the form for decoding at once and the full form when it is first asked for.
 * @throws LabFailure of the exporter and of the safetensors reader
 */
export async function openGraph(source: GraphSource, open: OpenFile): Promise<OpenedModel> {
  const { graph, form } = source
  const sizes = attentionSizes(graph)
  const session = await open(await exportedFile(source, 'delta', form))
  let full: Promise<InferenceSession> | undefined
  return {
    context: graph.context,
    vocabulary: graph.vocabulary,
    weights: form,
    attention: 'decomposed',
    streams: () => new DeltaStreams(session, sizes, graph.context),
    inspect: async tokens => {
      full ??= exportedFile(source, 'full', 'fp32').then(open)
      // What failed once may go well later: a full disk, for example.
      const opened = await full.catch(error => {
        full = undefined
        throw error
      })
      return runFull(opened, graph, tokens)
    }
  }
}

/** Path of the exported model; written when it is not there yet. */
async function exportedFile(source: GraphSource, form: ExportForm, weights: WeightForm): Promise<string> {
  const { graph, weights: weightsFile, cache } = source
  const path = join(cache, `${form}-${weights}-${exporterVersion}.onnx`)
  if (await stat(path).catch(() => undefined)) return path
  const { writeExported } = await import('./exported-file.ts')
  await writeExported({ graph, weightsFile, form, weights, path })
  return path
}

async function runFull(session: InferenceSession, graph: Graph, tokens: Int32Array): Promise<FullRun> {
  const { layers, heads } = attentionSizes(graph)
  const start = performance.now()
  const ids = new Tensor('int64', BigInt64Array.from(tokens, BigInt), [1, tokens.length])
  const names = Array.from({ length: layers }, (_, layer) => `attention.${layer}`)
  const results = await session.run({ input_ids: ids }, ['logits', 'lens', ...names])
  const milliseconds = performance.now() - start
  const size = heads * tokens.length * tokens.length
  const attention = new Float32Array(layers * size)
  names.forEach((name, layer) => attention.set(floatsOfTensor(results[name] as Tensor), layer * size))
  return {
    logits: floatsOfTensor(results['logits'] as Tensor),
    attention,
    lens: floatsOfTensor(results['lens'] as Tensor),
    layers,
    heads,
    milliseconds
  }
}
