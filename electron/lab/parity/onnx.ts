/** ONNX Runtime against the native engine: the same weights, the same tokens, every exported form. */
import { InferenceSession, Tensor } from 'onnxruntime-node'
import type { Engine } from '../../engine/plan.ts'
import type { Graph } from '../../graph/graph.ts'
import type { Parameters } from '../../graph/parameters.ts'
import { DeltaStreams } from '../../onnx/delta-streams.ts'
import { attentionSizes, type ExportForm } from '../../onnx/export-forms.ts'
import { exportOnnx } from '../../onnx/export.ts'
import { PresentStreams } from '../../onnx/present-streams.ts'
import type { StreamModel } from '../../sampling/decode-streams.ts'
import { largestDifference, quantity, type Quantity, type ParityOptions } from './quantity.ts'

const tolerance = 1e-4

/** A model and texts for it: `tokens` (B·length). */
export interface OnnxSubject {
  readonly graph: Graph
  readonly parameters: Parameters
  readonly tokens: Int32Array
  readonly length: number
}

/**
 * Logits of the full form at every position; those of the cached forms, whose first half is read at once and
 * whose second token by token.
 */
export async function onnxParity(subject: OnnxSubject, engine: Engine, { threads }: ParityOptions): Promise<Quantity[]> {
  const { graph, parameters } = subject
  const expected = await engineLogits(subject, engine, threads)
  const open = (form: ExportForm, attention: 'standard' | 'decomposed') =>
    InferenceSession.create(exportOnnx(graph, parameters, form, { attention }), { intraOpNumThreads: threads })
  const sizes = attentionSizes(graph)
  const presentStreams = async (attention: 'standard' | 'decomposed') => {
    const session = await open('cached', attention)
    return new PresentStreams({
      first: session,
      later: session,
      merged: false,
      ...sizes,
      type: 'float32',
      context: graph.context
    })
  }
  const forms: readonly (readonly [string, StreamModel])[] = [
    ['logits, cached form, standard attention', await presentStreams('standard')],
    ['logits, cached form, decomposed attention', await presentStreams('decomposed')],
    ['logits, cached form, own keys and values', new DeltaStreams(await open('delta', 'decomposed'), sizes, graph.context)]
  ]
  const quantities = [
    quantity(
      'logits, full form',
      'onnx',
      largestDifference(await fullLogits(await open('full', 'decomposed'), subject), expected),
      tolerance
    )
  ]
  for (const [name, streams] of forms) {
    const { received, from } = await cachedLogits(streams, subject)
    const compared = received.map((row, t) => largestDifference(row, positionOf(expected, subject, from + t)))
    quantities.push(quantity(name, 'onnx', Math.max(...compared), tolerance))
  }
  return quantities
}

/** Logits (B, length, V). */
async function engineLogits({ graph, parameters, tokens, length }: OnnxSubject, engine: Engine, threads: number) {
  const plan = engine.compile(graph, { batch: tokens.length / length, length, threads })
  try {
    await plan.writeParameters(parameters)
    return await plan.logits(tokens, length)
  } finally {
    await plan.close()
  }
}

/** Logits (B, length, V). */
async function fullLogits(session: InferenceSession, { tokens, length }: OnnxSubject): Promise<Float32Array> {
  const ids = new Tensor('int64', BigInt64Array.from(tokens, BigInt), [tokens.length / length, length])
  const { logits } = await session.run({ input_ids: ids }, ['logits'])
  return logits!.data as Float32Array
}

/** Logits (B, V) after each token from the middle of the texts on, all texts as streams of one batch. */
async function cachedLogits(streams: StreamModel, { tokens, length }: OnnxSubject) {
  const texts = Array.from({ length: tokens.length / length }, (_, i) => tokens.subarray(i * length, (i + 1) * length))
  const middle = length >> 1
  const received: Float32Array[] = []
  for (let to = middle; to <= length; to++) {
    const added = texts.map((text, stream) => ({ stream, tokens: text.slice(to === middle ? 0 : to - 1, to) }))
    received.push(concatenated(await streams.feed(added)))
  }
  return { received, from: middle - 1 }
}

/** Logits (B, V) at one position of logits (B, length, V). */
function positionOf(logits: Float32Array, { graph, length }: OnnxSubject, position: number): Float32Array {
  const { vocabulary } = graph
  const rows = Array.from({ length: logits.length / (length * vocabulary) }, (_, i) => {
    const begin = (i * length + position) * vocabulary
    return logits.subarray(begin, begin + vocabulary)
  })
  return concatenated(rows)
}

/** A copy of arrays, one after another. */
function concatenated(rows: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(rows.reduce((sum, row) => sum + row.length, 0))
  let at = 0
  for (const row of rows) {
    all.set(row, at)
    at += row.length
  }
  return all
}
