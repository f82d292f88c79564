/** A model opened in its worker, whichever files it came from. */
import type { InferenceSession } from 'onnxruntime-node'
import type { StreamModel } from '../sampling/decode-streams.ts'
import type { FullRun } from './inference.ts'

export interface OpenedModel {
  readonly context: number
  readonly vocabulary: number
  readonly weights: 'fp32' | 'fp16' | 'int8'
  readonly attention: 'standard' | 'decomposed'
  /** Streams with nothing in their caches; several sets may be fed in turn. */
  streams(): StreamModel
  /** Absent where the files have no full form. */
  inspect?(tokens: Int32Array): Promise<FullRun>
}

/** Opens an ONNX file on the provider that is being tried. */
export type OpenFile = (path: string) => Promise<InferenceSession>
