/** A GPT in 64-bit floats and plain loops: what every faster form is compared with. */
import type { GptConfig } from '../../../electron/graph/gpt.ts'
import type { Parameters } from '../../../electron/graph/parameters.ts'

/** Rows of numbers. */
type Rows = number[][]

/** erf by its series (Abramowitz and Stegun 7.1.6), right to the last digits for |x| < 6. */
function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x)
  let term = x
  let sum = x
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum) && n < 400; n++) {
    term *= (2 * x * x) / (2 * n + 1)
    sum += term
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum
}

export const gelu = (x: number): number => (x / 2) * (1 + erf(x / Math.SQRT2))

export function softmaxOf(scores: readonly number[]): number[] {
  const largest = Math.max(...scores)
  const powers = scores.map(score => Math.exp(score - largest))
  const sum = powers.reduce((a, b) => a + b, 0)
  return powers.map(power => power / sum)
}

/** What one pass gives. */
export interface PlainRun {
  /** (T, vocabulary). */
  readonly logits: Rows
  /** (layers, heads, T, T). */
  readonly attention: Rows[][]
  /** What the head makes of the last position after the embedding and after each layer: (layers + 1, vocabulary). */
  readonly lens: Rows
}

export function runPlainGpt(config: GptConfig, parameters: Parameters, tokens: readonly number[]): PlainRun {
  const { layers, heads, channels: C } = config
  const size = C / heads
  const linear = (x: Rows, name: string, rows: number): Rows => {
    const weight = parameters.get(`${name}.weight`)!
    const bias = parameters.get(`${name}.bias`)
    const columns = weight.length / rows
    return x.map(row =>
      Array.from({ length: rows }, (_, o) => row.reduce((sum, v, i) => sum + v * weight[o * columns + i]!, bias?.[o] ?? 0))
    )
  }
  const norm = (x: Rows, name: string): Rows => {
    const weight = parameters.get(`${name}.weight`)!
    const bias = parameters.get(`${name}.bias`)
    return x.map(row => {
      const mean = row.reduce((a, b) => a + b, 0) / C
      const variance = row.reduce((sum, v) => sum + (v - mean) ** 2, 0) / C
      return row.map((v, i) => ((v - mean) / Math.sqrt(variance + 1e-5)) * weight[i]! + (bias?.[i] ?? 0))
    })
  }
  const plus = (a: Rows, b: Rows): Rows => a.map((row, t) => row.map((v, i) => v + b[t]![i]!))
  const wte = parameters.get('transformer.wte.weight')!
  const wpe = parameters.get('transformer.wpe.weight')!
  let x: Rows = tokens.map((id, t) => Array.from({ length: C }, (_, i) => wte[id * C + i]! + wpe[t * C + i]!))
  const residuals = [x]
  const attention: Rows[][] = []
  for (let layer = 0; layer < layers; layer++) {
    const h = `transformer.h.${layer}`
    const qkv = linear(norm(x, `${h}.ln_1`), `${h}.attn.c_attn`, 3 * C)
    const seen: Rows = tokens.map(() => [])
    const maps = Array.from({ length: heads }, (_, head) => {
      const part = (t: number, which: number) => qkv[t]!.slice(which * C + head * size, which * C + (head + 1) * size)
      return tokens.map((_, t) => {
        const q = part(t, 0)
        const scores = tokens
          .slice(0, t + 1)
          .map((_, s) => part(s, 1).reduce((sum, v, i) => sum + v * q[i]!, 0) / Math.sqrt(size))
        const weights = softmaxOf(scores)
        const out = new Array<number>(size).fill(0)
        weights.forEach((w, s) => part(s, 2).forEach((v, i) => (out[i]! += w * v)))
        seen[t]!.push(...out)
        return [...weights, ...new Array<number>(tokens.length - t - 1).fill(0)]
      })
    })
    attention.push(maps)
    x = plus(x, linear(seen, `${h}.attn.c_proj`, C))
    const hidden = linear(norm(x, `${h}.ln_2`), `${h}.mlp.c_fc`, 4 * C).map(row => row.map(gelu))
    x = plus(x, linear(hidden, `${h}.mlp.c_proj`, C))
    residuals.push(x)
  }
  const head = (rows: Rows) =>
    linear(norm(rows, 'transformer.ln_f'), config.tied ? 'transformer.wte' : 'lm_head', config.vocabulary)
  return { logits: head(x), attention, lens: residuals.map(rows => head(rows.slice(-1))[0]!) }
}
