/**
 * PyTorch-compatible initialisation, so that a published model can be got again from its seed alone.
 *
 * Numbers come from MT19937 (Matsumoto and Nishimura 1998); a uniform is the low 24 bits / 2^24; normal
 * tensors of 16 elements and more are made block by block with Box-Muller, as PyTorch's CPU kernel
 * `normal_fill` does. The order of drawing is that of nanoGPT's model.py: every layer draws once when
 * PyTorch constructs it (`nn.Linear`: kaiming_uniform for the weight, then uniform for the bias;
 * `nn.Embedding`: normal) and again in `_init_weights`; then the residual projections once more.
 */
import type { Graph, ParameterSpec } from './graph.ts'
import { elements } from './graph.ts'
import type { Parameters } from './parameters.ts'

/** MT19937 as PyTorch seeds it. */
export class MersenneTwister {
  readonly #state = new Uint32Array(624)
  #index = 624

  /** @param seed integer in [0, 2^32) */
  constructor(seed: number) {
    this.#state[0] = seed
    for (let i = 1; i < 624; i++) {
      const before = this.#state[i - 1]! ^ (this.#state[i - 1]! >>> 30)
      this.#state[i] = Math.imul(1812433253, before) + i
    }
  }

  /** The next 32 random bits, as an unsigned integer. */
  next(): number {
    if (this.#index === 624) this.#twist()
    let y = this.#state[this.#index++]!
    y ^= y >>> 11
    y ^= (y << 7) & 0x9d2c5680
    y ^= (y << 15) & 0xefc60000
    y ^= y >>> 18
    return y >>> 0
  }

  /** Uniform in [0, 1) with 24 bits: PyTorch's float. */
  uniform(): number {
    return (this.next() & 0xffffff) / 2 ** 24
  }

  #twist(): void {
    const s = this.#state
    for (let i = 0; i < 624; i++) {
      const y = (s[i]! & 0x80000000) | (s[(i + 1) % 624]! & 0x7fffffff)
      s[i] = s[(i + 397) % 624]! ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0)
    }
    this.#index = 0
  }
}

/** Turns 16 uniforms into 16 normals in place: radius from the first eight, angle from the last eight. */
function boxMuller(values: Float64Array, at: number, deviation: number): void {
  for (let i = at; i < at + 8; i++) {
    const radius = Math.sqrt(-2 * Math.log(1 - values[i]!))
    const angle = 2 * Math.PI * values[i + 8]!
    values[i] = radius * Math.cos(angle) * deviation
    values[i + 8] = radius * Math.sin(angle) * deviation
  }
}

/**
 * `count` normal numbers of mean 0 as PyTorch's `normal_` draws them on the CPU.
 * Tensors of fewer than 16 elements draw in pairs of 53-bit uniforms, cosine first, sine kept for the next.
 */
export function torchNormal(random: MersenneTwister, count: number, deviation: number): Float32Array {
  if (count < 16) return smallNormal(random, count, deviation)
  const values = new Float64Array(count)
  for (let i = 0; i < count; i++) values[i] = random.uniform()
  for (let i = 0; i + 16 <= count; i += 16) boxMuller(values, i, deviation)
  if (count % 16 !== 0) {
    // The tail overlaps the last whole block: those sixteen places are drawn again.
    for (let i = count - 16; i < count; i++) values[i] = random.uniform()
    boxMuller(values, count - 16, deviation)
  }
  return Float32Array.from(values)
}

function smallNormal(random: MersenneTwister, count: number, deviation: number): Float32Array {
  const wide = () => {
    const high = random.next()
    const low = random.next()
    return Number(((BigInt(high) << 32n) | BigInt(low)) & ((1n << 53n) - 1n)) / 2 ** 53
  }
  const values = new Float32Array(count)
  let kept: number | undefined
  for (let i = 0; i < count; i++) {
    if (kept !== undefined) {
      values[i] = kept * deviation
      kept = undefined
      continue
    }
    const angle = 2 * Math.PI * wide()
    const radius = Math.sqrt(-2 * Math.log1p(-wide()))
    kept = radius * Math.sin(angle)
    values[i] = radius * Math.cos(angle) * deviation
  }
  return values
}

/** A linear layer of a GPT graph, found by its weight. */
const linearWeight = /\.(c_attn|c_fc|c_proj)\.weight$|^lm_head\.weight$/
const embedding = /^transformer\.w[tp]e\.weight$/

/**
 * Starting values of a GPT's parameters: nanoGPT's, drawn as PyTorch draws them from `torch.manual_seed(seed)`.
 * @param graph of `gptGraph`
 * @param seed integer in [0, 2^32)
 */
export function initialise(graph: Graph, seed: number): Parameters {
  const random = new MersenneTwister(seed)
  const specs = new Map(graph.parameters.map(spec => [spec.name, spec]))
  const tied = !specs.has('lm_head.weight')
  const values = new Map<string, Float32Array>()
  const normal = (spec: ParameterSpec) =>
    torchNormal(
      random,
      elements(spec.shape),
      spec.init.kind === 'normal' && !spec.name.endsWith('c_proj.weight') ? spec.init.deviation : 0.02
    )
  const skipUniforms = (count: number) => {
    for (let i = 0; i < count; i++) random.uniform()
  }

  // Construction: drawn and replaced below, but the generator moves on.
  for (const spec of graph.parameters) {
    if (embedding.test(spec.name)) torchNormal(random, elements(spec.shape), 1)
    if (linearWeight.test(spec.name)) {
      skipUniforms(elements(spec.shape))
      const bias = specs.get(spec.name.replace(/weight$/, 'bias'))
      if (bias) skipUniforms(elements(bias.shape))
    }
  }
  const table = specs.get('transformer.wte.weight')!
  // nanoGPT constructs a head of its own and ties it afterwards.
  if (tied) skipUniforms(elements(table.shape))

  // _init_weights, in the order of the modules.
  for (const spec of graph.parameters) {
    if (spec.init.kind === 'normal') values.set(spec.name, normal(spec))
    else values.set(spec.name, new Float32Array(elements(spec.shape)).fill(spec.init.kind === 'ones' ? 1 : 0))
  }
  if (tied) values.set(table.name, normal(table))

  // The residual projections again, scaled by 1/√(2·layers).
  for (const spec of graph.parameters)
    if (spec.name.endsWith('c_proj.weight') && spec.init.kind === 'normal')
      values.set(spec.name, torchNormal(random, elements(spec.shape), spec.init.deviation))
  return values
}

/**
 * Starting values of a model that goes on from another: its values where it has a parameter of the same name and
 * size, and drawn ones elsewhere, such as a new head's.
 * @param seed integer in [0, 2^32)
 */
export function takeOver(graph: Graph, from: Parameters, seed: number): Parameters {
  const random = new MersenneTwister(seed)
  return new Map(
    graph.parameters.map(({ name, shape, init }) => {
      const known = from.get(name)
      if (known?.length === elements(shape)) return [name, known]
      if (init.kind === 'normal') return [name, torchNormal(random, elements(shape), init.deviation)]
      return [name, new Float32Array(elements(shape)).fill(init.kind === 'ones' ? 1 : 0)]
    })
  )
}
