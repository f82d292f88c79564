import { describe, expect, it } from 'vitest'
import { usefulThreads } from '../../../electron/engine/useful-threads.ts'
import { gptGraph } from '../../../electron/graph/gpt.ts'

const common = { bias: false, tied: true, dropout: 0 }

describe('usefulThreads', () => {
  it('gives a baby GPT one thread, whatever the machine has', () => {
    const baby = gptGraph({ ...common, layers: 4, heads: 4, channels: 16, context: 3, vocabulary: 2 })
    expect(usefulThreads(baby, { batch: 12, length: 3 }, 8)).toBe(1)
  })

  it('gives a real model all that there are', () => {
    const small = gptGraph({ ...common, layers: 4, heads: 4, channels: 128, context: 64, vocabulary: 65 })
    expect(usefulThreads(small, { batch: 12, length: 64 }, 8)).toBe(8)
    expect(usefulThreads(small, { batch: 12, length: 64 }, 1)).toBe(1)
  })
})
