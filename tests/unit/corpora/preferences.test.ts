import { describe, expect, it } from 'vitest'
import { LabFailure } from '../../../electron/contract/failure.ts'
import { readComparisons, writeComparisons, type Comparison } from '../../../electron/corpora/preferences.ts'

const comparison: Comparison = {
  prompt: 'What is the capital of France?',
  completions: ['Paris.', 'It is "Paris",\nI think.', '巴黎'],
  ranks: [0, 1, 1],
  rater: 'atlas'
}

describe('comparisons', () => {
  it('come back from their lines, whatever the completions hold', () => {
    const all = [comparison, { ...comparison, completions: ['', '\u2028'], ranks: [0, 0] }]
    const text = writeComparisons(all)
    expect(text.split('\n')).toHaveLength(3)
    expect(readComparisons(text, 'mine.jsonl')).toEqual(all)
    expect(readComparisons(`\n${text}\n\n`, 'mine.jsonl')).toEqual(all)
  })

  it.each([
    ['no JSON', '{'],
    ['a rank that is missing', JSON.stringify({ ...comparison, ranks: [0, 1] })],
    ['a rank below the best', JSON.stringify({ ...comparison, ranks: [0, -1, 1] })],
    ['one completion', JSON.stringify({ ...comparison, completions: ['Paris.'], ranks: [0] })],
    ['no rater', JSON.stringify({ ...comparison, rater: undefined })]
  ])('are refused for %s, by line', (_, line) => {
    const read = () => readComparisons(`${writeComparisons([comparison])}${line}\n`, 'mine.jsonl')
    expect(read).toThrow(LabFailure)
    expect(read).toThrow(expect.objectContaining({ code: 'comparisons-invalid', details: { source: 'mine.jsonl', line: 2 } }))
  })
})
