/** What the main thread and a session's worker say to each other. */
import type { Result } from '../contract/failure.ts'
import type { ModelSizes, SessionDescription } from '../contract/models.ts'
import type { DecodedStream, DecodedToken, DecodeRequest } from '../sampling/decode-streams.ts'
import type { ExportRequest } from './exported-file.ts'
import type { GraphSource } from './exported-model.ts'
import type { FolderSource } from './folder-model.ts'
import type { FullRun } from './inference.ts'
import type { OnnxProvider } from './provider-order.ts'

/** What is opened, and how. */
export interface SessionRequest {
  readonly source: GraphSource | FolderSource
  readonly sizes: Pick<ModelSizes, 'layers' | 'channels'>
  readonly provider: OnnxProvider | 'auto'
  /** Threads for models that gain from them. */
  readonly threads: number
}

/** An opened session, as its worker describes it. */
export interface SessionOpened {
  readonly description: SessionDescription
  readonly context: number
  readonly vocabulary: number
  readonly inspectable: boolean
}

/** Calls of a session, by name: what goes in and what comes out. */
export interface SessionCalls {
  open: { input: SessionRequest; output: SessionOpened }
  inspect: { input: Int32Array; output: FullRun }
  next: { input: Int32Array; output: Float32Array }
  decode: { input: DecodeRequest; output: readonly DecodedStream[] }
  /** Writes an ONNX file; needs no opened model. */
  export: { input: ExportRequest; output: null }
  /** Frees the model; the worker then ends. */
  close: { input: null; output: null }
}
export type SessionCall = keyof SessionCalls

export type ToWorker =
  | { [C in SessionCall]: { readonly kind: C; readonly id: number; readonly input: SessionCalls[C]['input'] } }[SessionCall]
  | { readonly kind: 'cancel'; readonly id: number }

export type FromWorker =
  | { readonly kind: 'tokens'; readonly id: number; readonly tokens: readonly DecodedToken[] }
  | { readonly kind: 'result'; readonly id: number; readonly result: Result<SessionCalls[SessionCall]['output']> }
