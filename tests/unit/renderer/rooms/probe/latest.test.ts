import { describe, expect, it } from 'vitest'
import { latestOnly } from '../../../../../renderer/rooms/probe/latest.ts'

/** A question that is answered when the test says so. */
function asked() {
  const open: { input: number; answer: (output: string) => void; fail: (error: Error) => void }[] = []
  const accepted: [string, number][] = []
  const refused: [string, number][] = []
  const ask = latestOnly<number, string>(
    input => new Promise((answer, fail) => open.push({ input, answer, fail })),
    (output, input) => accepted.push([output, input]),
    (error, input) => refused.push([(error as Error).message, input])
  )
  const settle = () => new Promise(resolve => setTimeout(resolve))
  return { open, accepted, refused, ask, settle }
}

describe('only the latest question', () => {
  it('is asked next; those in between are not', async () => {
    const { open, accepted, ask, settle } = asked()
    for (const input of [1, 2, 3, 4]) ask(input)
    expect(open.map(({ input }) => input)).toEqual([1])
    open[0]!.answer('one')
    await settle()
    expect(open.map(({ input }) => input)).toEqual([1, 4])
    open[1]!.answer('four')
    await settle()
    expect(accepted).toEqual([
      ['one', 1],
      ['four', 4]
    ])
  })

  it('is asked after a failure too', async () => {
    const { open, accepted, refused, ask, settle } = asked()
    ask(1)
    ask(2)
    open[0]!.fail(new Error('no'))
    await settle()
    open[1]!.answer('two')
    await settle()
    expect(refused).toEqual([['no', 1]])
    expect(accepted).toEqual([['two', 2]])
  })
})
