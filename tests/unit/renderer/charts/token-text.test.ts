import { describe, expect, it } from 'vitest'
import { monoWidth, shortened, visibleToken } from '../../../../renderer/charts/token-text.ts'

describe('a token that can be seen', () => {
  it('has signs for what is invisible', () => {
    expect(visibleToken(' the\n')).toBe('␣the⏎')
    expect(visibleToken('\t\r\u00a0\u3000')).toBe('⇥␍⍽□')
    expect(visibleToken('\u0000\u001b')).toBe('␀␛')
    expect(visibleToken('\u200b')).toBe('‹200B›')
    expect(visibleToken('')).toBe('∅')
  })
  it('takes two places where a character is wide', () => {
    expect([monoWidth('abc'), monoWidth('诗a'), monoWidth('🎭')]).toEqual([3, 3, 2])
  })
  it('keeps its ends when it is long', () => {
    expect(shortened('abcdefgh', 5)).toBe('ab…gh')
    expect(shortened('abc', 5)).toBe('abc')
    expect([...shortened('🎭🎭🎭🎭🎭', 3)]).toHaveLength(3)
  })
})
