/** How long a token takes. */
import type { StreamModel } from '../sampling/decode-streams.ts'

/** Median milliseconds of one token, one stream: at most eight of them and about a fifth of a second. */
export async function measureToken(model: StreamModel): Promise<number> {
  const times: number[] = []
  const begin = performance.now()
  const most = Math.min(9, model.context)
  for (let i = 0; i < most && (i < 2 || performance.now() - begin < 200); i++) {
    const start = performance.now()
    await model.feed([{ stream: 0, tokens: Int32Array.of(0) }])
    times.push(performance.now() - start)
  }
  // The first token fills an empty cache and allocates.
  const steps = times.slice(Math.min(1, times.length - 1)).sort((a, b) => a - b)
  return steps[steps.length >> 1]!
}
