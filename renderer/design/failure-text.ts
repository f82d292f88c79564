/** A failure in the user's language: what happened, what was expected, what to do. */
import { useI18n } from 'vue-i18n'
import { failureOf, type Failure } from '../../electron/contract/failure.ts'

export interface FailureText {
  readonly what: string
  readonly expected: string
  readonly todo: string
}

/** Texts by code; a code without a text shows the lab's own English message. */
export function useFailureText(): (error: unknown) => FailureText {
  const { t, te } = useI18n()
  return error => {
    const failure = asFailure(error)
    const part = (name: string) => {
      const key = `failures.${failure.code}.${name}`
      return te(key) || te(key, 'en') ? t(key, failure.details) : ''
    }
    return { what: part('what') || failure.message, expected: part('expected'), todo: part('todo') }
  }
}

/** A thrown value or failure data, as failure data. */
export function asFailure(error: unknown): Failure {
  if (error !== null && typeof error === 'object' && 'code' in error && 'message' in error && 'details' in error)
    return error as Failure
  return failureOf(error)
}
