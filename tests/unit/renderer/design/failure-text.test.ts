import { describe, expect, it } from 'vitest'
import { LabFailure } from '../../../../electron/contract/failure.ts'
import { asFailure, failureText, fits } from '../../../../renderer/design/failure-text.ts'

const texts: Record<string, string> = {
  'failures.too-long.what': 'Zu lang: {length}.',
  'failures.too-long.expected': 'Erwartet: höchstens {context}.',
  'failures.too-long.todo': 'Kürzen.',
  'failures.odd.todo': 'Noch einmal.'
}
const fill = (key: string, values: Record<string, string | number>) =>
  texts[key]!.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(values[name]))
const said = (code: string, details: Record<string, string | number>) =>
  failureText(new LabFailure(code, 'Expected this but received that.', details), key => texts[key], fill)

describe('the texts of a failure', () => {
  it('are filled with its details', () => {
    expect(said('too-long', { length: 70, context: 64 })).toEqual({
      what: 'Zu lang: 70.',
      expected: 'Erwartet: höchstens 64.',
      todo: 'Kürzen.'
    })
  })

  it('leave out what a failure has no value for', () => {
    expect(said('too-long', { length: 70 })).toEqual({ what: 'Zu lang: 70.', expected: '', todo: 'Kürzen.' })
  })

  it('are the message where there is none for what happened', () => {
    const message = 'Expected this but received that.'
    expect(said('unheard-of', {})).toEqual({ what: message, expected: '', todo: '' })
    expect(said('odd', {})).toEqual({ what: message, expected: '', todo: 'Noch einmal.' })
    expect(said('too-long', {})).toEqual({ what: message, expected: '', todo: 'Kürzen.' })
  })

  it('fit when every value is there; 0 is one, nothing is none', () => {
    expect(fits('{a} of {b}', { a: 0, b: 'x' })).toBe(true)
    expect(fits('{a} of {b}', { a: 0, b: '' })).toBe(false)
    expect(fits('{a} of {b}', { a: 0 })).toBe(false)
  })
})

describe('anything thrown, as failure data', () => {
  it('keeps what was designed and names the rest internal', () => {
    expect(asFailure({ code: 'x', message: 'y', details: { z: 1 } })).toEqual({ code: 'x', message: 'y', details: { z: 1 } })
    expect(asFailure(new TypeError('no'))).toMatchObject({ code: 'internal', details: { text: 'no' } })
    expect(asFailure('no')).toMatchObject({ code: 'internal' })
  })
})
