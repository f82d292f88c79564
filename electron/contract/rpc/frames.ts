/** The frames of the one RPC: what a page sends, and what the lab sends back. */
import * as v from 'valibot'
import { eventNames } from '../calls.ts'
import type { Failure } from '../failure.ts'

const id = v.pipe(v.number(), v.safeInteger(), v.minValue(0))

/** Guard of what comes from a page. The input is checked by the call's own guard afterwards. */
export const PageFrameSchema = v.variant('kind', [
  v.strictObject({ kind: v.literal('req'), id, method: v.pipe(v.string(), v.maxLength(100)), input: v.optional(v.unknown()) }),
  v.strictObject({ kind: v.literal('cancel'), id })
])
export type PageFrame = v.InferOutput<typeof PageFrameSchema>

/** Guard of what comes from the lab. */
export const LabFrameSchema = v.variant('kind', [
  v.object({ kind: v.literal('progress'), id, value: v.optional(v.unknown()) }),
  v.object({ kind: v.literal('result'), id, value: v.optional(v.unknown()) }),
  v.object({ kind: v.literal('error'), id, failure: v.custom<Failure>(isFailure) }),
  v.object({ kind: v.literal('push'), event: v.picklist(eventNames), payload: v.optional(v.unknown()) }),
  /** Progress and events were left out because the page did not read fast enough; it should read anew what it shows. */
  v.object({ kind: v.literal('gap') })
])
export type LabFrame = v.InferOutput<typeof LabFrameSchema>

function isFailure(value: unknown): boolean {
  const failure = value as Partial<Failure> | null
  return typeof failure === 'object' && typeof failure?.code === 'string' && typeof failure.message === 'string'
}
