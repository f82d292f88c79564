/**
 * Failures a user can meet, as data.
 *
 * A failure crosses a process as `{ ok: false, failure }` and is unwrapped on the other side.
 * What a user may read is a `LabFailure`; everything else is an internal error and is shown as such.
 */

/** What went wrong, in a form that crosses every transport and can be said in every language. */
export interface Failure {
  /** Stable, kebab-case name; the page looks its text up under `failures.<code>`. */
  readonly code: string
  /** English text: what happened, what was expected and received, what to do. */
  readonly message: string
  /** Values that the translated text names. */
  readonly details: Readonly<Record<string, string | number>>
}

/** Outcome of a call, as it crosses a transport. */
export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure }

/** An error whose text is meant for the person at the screen. */
export class LabFailure extends Error implements Failure {
  constructor(
    readonly code: string,
    message: string,
    readonly details: Readonly<Record<string, string | number>> = {}
  ) {
    super(message)
    this.name = 'LabFailure'
  }
}

/** What the operating system may refuse a program anywhere, by its error codes (errno). */
const refusals: Readonly<Record<string, readonly [code: string, what: string]>> = {
  ENOSPC: ['disk-full', 'There is no room left on the disk. Make room, then go on.'],
  EDQUOT: ['disk-full', 'Your share of the disk is used up. Make room, then go on.'],
  EACCES: ['not-allowed', 'The lab may not read or write there. Change the permissions, or choose another place.'],
  EPERM: ['not-allowed', 'The lab may not read or write there. Change the permissions, or choose another place.'],
  EROFS: ['not-allowed', 'The disk is write-protected. Choose another place.']
}

/** Any thrown value as data; errors that were not designed become `internal`. */
export function failureOf(error: unknown): Failure {
  if (error instanceof LabFailure) return { code: error.code, message: error.message, details: error.details }
  if (error instanceof Error && 'code' in error) {
    const refusal = refusals[String(error.code)]
    const path = 'path' in error ? String(error.path) : ''
    if (refusal) return { code: refusal[0], message: path ? `${refusal[1]} (${path})` : refusal[1], details: { path } }
  }
  if (error instanceof Error && error.name === 'AbortError')
    return { code: 'cancelled', message: 'The call was cancelled.', details: {} }
  const text = error instanceof Error ? error.message : String(error)
  return { code: 'internal', message: `The lab met an error it did not expect: ${text}`, details: { text } }
}

/** The value of a result; throws its failure as a `LabFailure`. */
export function unwrap<T>(result: Result<T>): T {
  if (result.ok) return result.value
  throw new LabFailure(result.failure.code, result.failure.message, result.failure.details)
}

/** Proves at compile time that a switch over a union is complete. */
export function assertNever(value: never): never {
  throw new Error(`Unexpected value: ${JSON.stringify(value)}`)
}
