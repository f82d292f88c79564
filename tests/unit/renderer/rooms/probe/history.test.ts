import { describe, expect, it } from 'vitest'
import * as tree from '../../../../../renderer/rooms/probe/history.ts'

const token = (id: number, text: string) => ({ id, text })
/** `ab` as two tokens, known. */
const begun = () => tree.learnTokens(tree.startHistory('ab'), [token(1, 'a'), token(2, 'b')])
const textOf = (history: tree.History) => tree.currentNode(history).text

describe('the texts that were tried', () => {
  it('grow by a token, go back, and go forward to where they were', () => {
    const taken = tree.take(begun(), token(3, 'c'))
    expect(textOf(taken)).toBe('abc')
    const back = tree.back(taken)
    expect(textOf(back)).toBe('ab')
    expect(textOf(tree.forward(back))).toBe('abc')
    expect(tree.back(tree.back(back)).current).toBe(0)
  })

  it('keep every branch; a token tried before leads to its old branch', () => {
    const first = tree.take(begun(), token(3, 'c'))
    const second = tree.take(tree.back(first), token(4, 'd'))
    const again = tree.take(tree.back(second), token(3, 'c'))
    expect(again.nodes).toHaveLength(3)
    expect(again.current).toBe(first.current)
    expect(tree.branches(tree.back(again)).map(({ text }) => text)).toEqual(['abc', 'abd'])
  })

  it('take no token while it is unknown how the text is cut', () => {
    const history = tree.startHistory('ab')
    expect(tree.take(history, token(3, 'c'))).toBe(history)
  })

  it('change a typed text in place until something hangs on it', () => {
    const typed = tree.type(begun(), 'abx')
    expect(typed.nodes).toHaveLength(1)
    expect(tree.currentNode(typed).tokens).toBeNull()
    const branched = tree.type(tree.back(tree.take(begun(), token(3, 'c'))), 'aby')
    expect(branched.nodes.map(({ text }) => text)).toEqual(['ab', 'abc', 'aby'])
    expect(textOf(tree.back(branched))).toBe('ab')
  })

  it('put the bytes of a character together when the last of them is taken', () => {
    let history = tree.learnTokens(tree.startHistory('a'), [token(1, 'a')])
    for (const [id, text] of [
      [9, '<0xE8>'],
      [8, '<0xAF>'],
      [7, '<0x97>']
    ] as const)
      history = tree.take(history, token(id, text))
    expect(textOf(history)).toBe('a诗')
    expect(textOf(tree.back(history))).toBe('a\ufffd')
  })

  it('show a run as one link, and a branch that leaves it as another', () => {
    let history = begun()
    for (const [i, text] of ['c', 'd', 'e'].entries()) history = tree.take(history, token(10 + i, text), 'run')
    expect(tree.trail(history).map(({ kind, text, count }) => ({ kind, text, count }))).toEqual([
      { kind: 'typed', text: 'ab', count: 0 },
      { kind: 'run', text: 'cde', count: 3 }
    ])
    const left = tree.take(tree.back(history), token(20, 'x'))
    const there = tree.go(left, history.current)
    expect(tree.trail(there).map(({ text }) => text)).toEqual(['ab', 'cd', 'e'])
    expect(
      tree
        .trail(there)
        .at(-1)!
        .others.map(({ text }) => text)
    ).toEqual(['abcdx'])
  })

  it('never change what was handed out', () => {
    const before = begun()
    const copy = structuredClone(before)
    tree.take(before, token(3, 'c'))
    tree.type(before, 'other')
    expect(before).toEqual(copy)
  })
})
