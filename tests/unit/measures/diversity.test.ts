import { describe, expect, test } from 'vitest'
import { distinctN, distinctShare, selfBleu } from '../../../electron/measures/diversity.ts'

const texts = [
  'the sea is wide and the sky is blue',
  'the sea is wide and cold',
  'a friend is a friend',
  'the sky is blue and the sea is deep today',
  'rain',
  'the sea is wide and the sky is blue'
].map(text => text.split(' '))

describe('self-BLEU', () => {
  // NLTK 3.8: sentence_bleu(the other texts, text, smoothing_function=SmoothingFunction().method1), averaged.
  test('is NLTK’s', () => expect(selfBleu(texts)).toBeCloseTo(0.5358264125046591, 12))
  test('is 1 for copies and 0 where no word is shared', () => {
    expect(selfBleu([texts[0]!, texts[0]!])).toBeCloseTo(1, 12)
    expect(
      selfBleu([
        ['a', 'b'],
        ['c', 'd']
      ])
    ).toBe(0)
  })
})

describe('distinct-n', () => {
  test('counts n-grams inside texts, never across them', () => {
    // a b, b a | a b: two distinct of three
    expect(
      distinctN(
        [
          ['a', 'b', 'a'],
          ['a', 'b']
        ],
        2
      )
    ).toBeCloseTo(2 / 3, 12)
    expect(
      distinctN(
        [
          ['a', 'b', 'a'],
          ['a', 'b']
        ],
        1
      )
    ).toBeCloseTo(2 / 5, 12)
  })
  test('compares at equal token counts', () => {
    expect(
      distinctN(
        [
          ['a', 'b', 'a'],
          ['c', 'd']
        ],
        1,
        4
      )
    ).toBeCloseTo(3 / 4, 12)
  })
})

test('the share of distinct texts', () => expect(distinctShare(['a', 'b', 'a', 'c'])).toBe(0.75))
