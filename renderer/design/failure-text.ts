/** A failure in the user's language: what happened, what was expected, what to do. */
import { useI18n } from 'vue-i18n'
import { failureOf, type Failure } from '../../electron/contract/failure.ts'

export interface FailureText {
  readonly what: string
  readonly expected: string
  readonly todo: string
}

/** Whether every name in braces of a text has its value. */
export function fits(text: string, values: Readonly<Record<string, unknown>>): boolean {
  return [...text.matchAll(/\{(\w+)\}/g)].every(([, name]) => values[name!] !== undefined && values[name!] !== '')
}

/**
 * The texts of a failure. A text whose values the failure does not name is left out; without a text for what
 * happened the lab's own English message stands there.
 * @param textOf the text under a key, unfilled; undefined where there is none
 * @param fill the same, with the values in it
 */
export function failureText(
  failure: Failure,
  textOf: (key: string) => string | undefined,
  fill: (key: string, values: Record<string, string | number>) => string
): FailureText {
  const values = { ...failure.details, message: failure.message }
  const part = (name: string) => {
    const key = `failures.${failure.code}.${name}`
    const text = textOf(key)
    return text !== undefined && fits(text, values) ? fill(key, values) : ''
  }
  const what = part('what')
  const expected = part('expected')
  return what
    ? { what, expected, todo: part('todo') }
    : // The message says both already.
      { what: failure.message, expected: '', todo: part('todo') }
}

export function useFailureText(): (error: unknown) => FailureText {
  const { t, tm } = useI18n()
  // The keys are made from the failure's code, so they are no literals that the compiler could know.
  const [raw, fill] = [tm as (key: string) => unknown, t as (key: string, values: Record<string, string | number>) => string]
  const textOf = (key: string) => {
    const text = raw(key)
    return typeof text === 'string' ? text : undefined
  }
  return error => failureText(asFailure(error), textOf, fill)
}

/** A thrown value or failure data, as failure data. */
export function asFailure(error: unknown): Failure {
  if (error !== null && typeof error === 'object' && 'code' in error && 'message' in error && 'details' in error)
    return error as Failure
  return failureOf(error)
}
