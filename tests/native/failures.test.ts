/** What the engine refuses, by name, before or at the step where it happens; and that it goes on afterwards. */
import { describe, expect, it } from 'vitest'
import type { Batch, GenerateOptions, Plan, PlanOptions, Simd } from '../../electron/engine/plan.ts'
import type { Graph, GraphNode } from '../../electron/graph/graph.ts'
import { engine, gptBatch, graphOf, livelyParameters, planOf } from './small-models.ts'

const graph = graphOf()
const shape = { batch: 2, length: 7 }
const each = shape.batch * shape.length
const rate = (steps: number, value = 1e-3) => new Float64Array(steps).fill(value)
const tokens = (length = each, value = 1) => new Int32Array(length).fill(value)
const batch = (changes: Record<string, Int32Array | Float32Array | undefined> = {}): Batch =>
  Object.fromEntries(Object.entries({ ...gptBatch(graph, shape), ...changes }).filter(([, values]) => values)) as Batch
const withToken = (name: 'tokens' | 'targets', value: number) => {
  const values = Int32Array.from(batch()[name]!)
  values[each - 1] = value
  return batch({ [name]: values })
}

describe('a call that cannot be done fails by name, and the plan trains on as if it had not been made', () => {
  const generate = (options: Partial<GenerateOptions>) => (plan: Plan) =>
    plan.generate({ prompts: [tokens(3)], maxTokens: 4, temperature: 1, seed: 1, ...options })
  const cases: readonly (readonly [name: string, call: (plan: Plan) => Promise<unknown>, failure: object])[] = [
    [
      'token too large',
      plan => plan.train(withToken('tokens', 37), rate(1)),
      { code: 'token-out-of-range', details: { token: 37, vocabulary: 37 } }
    ],
    [
      'negative token',
      plan => plan.train(withToken('tokens', -1), rate(1)),
      { code: 'token-out-of-range', details: { token: -1 } }
    ],
    [
      'target too large',
      plan => plan.train(withToken('targets', 37), rate(1)),
      { code: 'token-out-of-range', details: { token: 37 } }
    ],
    [
      'target below −1',
      plan => plan.train(withToken('targets', -2), rate(1)),
      { code: 'token-out-of-range', details: { token: -2 } }
    ],
    ['token too large for evaluation', plan => plan.evaluate(withToken('tokens', 1000)), { code: 'token-out-of-range' }],
    ['token too large for gradients', plan => plan.gradients(withToken('tokens', 1000)), { code: 'token-out-of-range' }],
    ['token too large for logits', plan => plan.logits(tokens(7, 37), 7), { code: 'token-out-of-range' }],
    ['token too large for generation', generate({ prompts: [tokens(3, 37)] }), { code: 'token-out-of-range' }],
    [
      'only ignored targets',
      plan => plan.train(batch({ targets: tokens(each, -1) }), rate(1)),
      { code: 'engine-input', details: { input: 'targets' } }
    ],
    [
      'missing targets',
      plan => plan.train(batch({ targets: undefined }), rate(1)),
      { code: 'engine-input', details: { input: 'targets' } }
    ],
    [
      'floats for tokens',
      plan => plan.train(batch({ tokens: new Float32Array(each) }), rate(1)),
      { code: 'engine-input', details: { input: 'tokens' } }
    ],
    [
      'no data',
      plan => plan.train(batch({ tokens: tokens(0), targets: tokens(0) }), rate(1)),
      { code: 'engine-input', details: { received: 0 } }
    ],
    [
      'no data and no steps',
      plan => plan.train(batch({ tokens: tokens(0), targets: tokens(0) }), rate(0)),
      { code: 'engine-input' }
    ],
    [
      'part of a batch',
      plan => plan.train(batch({ tokens: tokens(each - 1), targets: tokens(each - 1) }), rate(1)),
      { code: 'engine-input', details: { received: each - 1 } }
    ],
    [
      'fewer targets than tokens',
      plan => plan.train(batch({ tokens: tokens(2 * each) }), rate(2)),
      { code: 'engine-input', details: { input: 'targets' } }
    ],
    [
      'more steps than batches',
      plan => plan.train(batch(), rate(2)),
      { code: 'engine-input', details: { expected: 2, received: 1 } }
    ],
    [
      'a learning rate that is no number',
      plan => plan.train(batch(), rate(1, NaN)),
      { code: 'engine-input', details: { input: 'learningRates' } }
    ],
    ['an infinite learning rate', plan => plan.train(batch(), rate(1, Infinity)), { code: 'engine-input' }],
    ['a negative learning rate', plan => plan.train(batch(), rate(1, -1)), { code: 'engine-input' }],
    ['evaluation of nothing', plan => plan.evaluate(batch({ tokens: tokens(0), targets: tokens(0) })), { code: 'engine-input' }],
    [
      'gradients of two batches',
      plan => plan.gradients(gptBatch(graph, shape, 2)),
      { code: 'engine-input', details: { received: 2 } }
    ],
    [
      'logits of a sequence longer than planned',
      plan => plan.logits(tokens(8), 8),
      { code: 'context-too-long', details: { context: 7, length: 8 } }
    ],
    ['logits of broken sequences', plan => plan.logits(tokens(8), 5), { code: 'engine-input' }],
    ['logits of no tokens', plan => plan.logits(tokens(0), 5), { code: 'engine-input' }],
    ['logits of length 0', plan => plan.logits(tokens(5), 0), { code: 'engine-input' }],
    [
      'a prompt longer than the context',
      generate({ prompts: [tokens(20)] }),
      { code: 'context-too-long', details: { context: 19, length: 20 } }
    ],
    ['an empty prompt', generate({ prompts: [tokens(2), tokens(0)] }), { code: 'engine-input' }],
    ['no prompts', generate({ prompts: [] }), { code: 'engine-input' }],
    [
      'more prompts than streams',
      generate({ prompts: [tokens(1), tokens(1), tokens(1)] }),
      { code: 'engine-input', details: { expected: 2, received: 3 } }
    ],
    ['temperature 0', generate({ temperature: 0 }), { code: 'engine-input', details: { input: 'temperature' } }],
    ['a temperature that is no number', generate({ temperature: NaN }), { code: 'engine-input' }],
    ['a temperature next to nothing', generate({ temperature: 1e-300 }), { code: 'engine-input' }],
    ['no tokens to generate', generate({ maxTokens: 0 }), { code: 'engine-input' }],
    [
      'a parameter that is missing',
      async plan => plan.writeParameters(new Map([...(await plan.readParameters())].slice(1))),
      { code: 'parameter-missing' }
    ],
    [
      'a parameter of the wrong size',
      async plan =>
        plan.writeParameters(new Map([...(await plan.readParameters()), ['transformer.ln_f.weight', new Float32Array(20)]])),
      { code: 'parameter-shape', details: { expected: 21, received: 20 } }
    ],
    [
      'a parameter that is not finite',
      async plan =>
        plan.writeParameters(
          new Map([...(await plan.readParameters()), ['transformer.ln_f.weight', new Float32Array(21).fill(NaN)]])
        ),
      { code: 'parameter-not-finite' }
    ],
    [
      'a parameter that nobody knows',
      async plan => plan.writeParameters(new Map([...(await plan.readParameters()), ['x', new Float32Array(1)]])),
      { code: 'parameter-unknown' }
    ],
    [
      'a state with moments that are missing',
      async plan => plan.writeState({ ...(await plan.readState()), firstMoments: new Map() }),
      { code: 'parameter-missing' }
    ],
    [
      'a state with half a step',
      async plan => plan.writeState({ ...(await plan.readState()), step: 0.5 }),
      { code: 'engine-input' }
    ],
    [
      'a state of a negative step',
      async plan => plan.writeState({ ...(await plan.readState()), step: -1 }),
      { code: 'engine-input' }
    ]
  ]
  it.each(cases)('%s', async (_, call, failure) => {
    const options = { ...shape, threads: 2, streams: 2 }
    const [plan, untouched] = [await planOf(graph, options), await planOf(graph, options)]
    await plan.train(batch(), rate(1))
    await expect(call(plan)).rejects.toMatchObject({ name: 'LabFailure', ...failure })
    await plan.train(batch(), rate(1))
    await untouched.train(gptBatch(graph, shape, 1), rate(1))
    await untouched.train(gptBatch(graph, shape, 1), rate(1))
    expect(await plan.readState()).toEqual(await untouched.readState())
  })
})

describe.each(engine.simds)('a run that diverges, with %s kernels', simd => {
  it('stops at the step whose loss is not finite, with the weights of before that step', async () => {
    const options = { ...shape, threads: 2, simd }
    const steps = 8
    const data = gptBatch(graph, shape, steps)
    // The fourth update throws the weights out of range: the fifth step has no finite loss.
    const rates = Float64Array.from({ length: steps }, (_, i) => (i === 3 ? 1e30 : 1e-3))
    const plan = await planOf(graph, options)
    const failure: unknown = await plan.train(data, rates).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'loss-not-finite', details: { step: 5 } })

    const before = await planOf(graph, options)
    await before.train(
      { tokens: data['tokens']!.slice(0, 4 * each), targets: data['targets']!.slice(0, 4 * each) },
      rates.slice(0, 4)
    )
    const state = await plan.readState()
    expect(state.step).toBe(4)
    expect(state).toEqual(await before.readState())
    // Again and again, and never a crash; with sound weights it trains on.
    await expect(plan.train(batch(), rate(1))).rejects.toMatchObject({ code: 'loss-not-finite', details: { step: 5 } })
    await expect(plan.evaluate(batch())).rejects.toMatchObject({ code: 'loss-not-finite' })
    await expect(plan.gradients(batch())).rejects.toMatchObject({ code: 'loss-not-finite' })
    await plan.writeParameters(livelyParameters(graph, 1))
    await expect(plan.train(batch(), rate(1))).resolves.toMatchObject({ losses: { length: 1 } })
  })

  it('still draws tokens that exist', async () => {
    const plan = await planOf(graph, { ...shape, threads: 2, simd, streams: 2 })
    await plan.train(batch(), rate(1, 1e30))
    const { tokens } = await plan.generate({
      prompts: [Int32Array.of(1), Int32Array.of(2, 3)],
      maxTokens: 5,
      temperature: 1,
      seed: 1
    })
    for (const stream of tokens) for (const token of stream) expect(token >= 0 && token < graph.vocabulary).toBe(true)
  })
})

describe('a graph that does not fit together is not compiled', () => {
  const compile = (changed: Graph, options: Partial<PlanOptions> = {}) =>
    engine.compile(changed, { ...shape, threads: 1, ...options })
  const refused = (changed: Graph, code: string, options: Partial<PlanOptions> = {}) =>
    expect(() => compile(changed, options)).toThrow(expect.objectContaining({ name: 'LabFailure', code }))
  const node = (change: (node: GraphNode) => GraphNode): Graph => ({ ...graph, nodes: graph.nodes.map(change) })
  const parameter = (name: string, shape: readonly number[]): Graph => ({
    ...graph,
    parameters: graph.parameters.map(spec => (spec.name === name ? { ...spec, shape } : spec))
  })

  it('a weight of the wrong shape', () => refused(parameter('transformer.h.0.mlp.c_fc.weight', [84, 20]), 'engine-shape'))
  it('a norm of the wrong size', () => refused(parameter('transformer.ln_f.weight', [22]), 'engine-shape'))
  it('positions for another context', () => refused(parameter('transformer.wpe.weight', [18, 21]), 'engine-shape'))
  it('an empty parameter', () => refused(parameter('transformer.ln_f.weight', [0]), 'engine-shape'))
  it('logits of another vocabulary', () => refused({ ...graph, vocabulary: 36 }, 'engine-shape'))
  it('a parameter that is not there', () => refused({ ...graph, parameters: graph.parameters.slice(1) }, 'engine-shape'))
  it('a value that nobody makes', () => refused({ ...graph, nodes: graph.nodes.slice(1) }, 'engine-shape'))
  it('two makers of one value', () => refused({ ...graph, nodes: [...graph.nodes, graph.nodes[0]!] }, 'engine-shape'))
  it('heads that do not divide the channels', () =>
    refused(
      node(n => (n.op === 'attention' ? { ...n, heads: 4 } : n)),
      'engine-shape'
    ))
  it('no heads', () =>
    refused(
      node(n => (n.op === 'attention' ? { ...n, heads: 0 } : n)),
      'engine-shape'
    ))
  it('a dropout of everything', () =>
    refused(
      node(n => (n.op === 'attention' ? { ...n, dropout: 1 } : n)),
      'engine-shape'
    ))
  it('an operation that the engine has not', () =>
    refused(
      node(n => (n.op === 'gelu' ? ({ ...n, op: 'relu' } as unknown as GraphNode) : n)),
      'engine-operation'
    ))
  it('sequences longer than the context', () => refused(graph, 'context-too-long', { length: 20 }))
  it.each([
    ['no sequences', { batch: 0 }],
    ['no tokens', { length: 0 }],
    ['no threads', { threads: 0 }],
    ['half a thread', { threads: 1.5 }],
    ['a negative batch', { batch: -1 }],
    ['a batch that is no number', { batch: NaN }],
    ['millions of sequences', { batch: 2 ** 40 }],
    ['negative streams', { streams: -1 }]
  ])('%s', (_, options) => refused(graph, 'engine-shape', options))
  it('millions of streams', () => refused(graph, 'engine-shape', { streams: 2 ** 40 }))
  it('more memory than any machine has', () => {
    const vocabulary = 2 ** 42
    refused({ ...parameter('transformer.wte.weight', [vocabulary, 21]), vocabulary }, 'engine-memory')
  })
  it('a kernel set that nobody has', () => refused(graph, 'engine-simd', { simd: 'mmx' as Simd }))
})

describe('a closed plan', () => {
  it('finishes the calls made before, refuses those made after, and closes twice', async () => {
    const plan = engine.compile(graph, { ...shape, threads: 2, streams: 1 })
    await plan.writeParameters(livelyParameters(graph, 1))
    const before = plan.train(batch(), rate(1))
    const closing = plan.close()
    const after = [
      plan.train(batch(), rate(1)),
      plan.evaluate(batch()),
      plan.logits(tokens(7), 7),
      plan.gradients(batch()),
      plan.generate({ prompts: [tokens(1)], maxTokens: 1, temperature: 1, seed: 1 }),
      plan.decode({ streams: tokens(1, 0), positions: tokens(1, 0), tokens: tokens(1) }),
      plan.readParameters(),
      plan.writeParameters(livelyParameters(graph, 1)),
      plan.readState()
    ]
    for (const call of after) await expect(call).rejects.toMatchObject({ code: 'engine-closed' })
    await expect(before).resolves.toMatchObject({ losses: { length: 1 } })
    await closing
    await plan.close()
  })

  it('may be closed before it was ever used', async () => {
    await engine.compile(graph, { ...shape, threads: 3 }).close()
  })
})

describe('calls of one plan', () => {
  it('run one at a time in the order in which they were made', async () => {
    const plan = await planOf(graph, { ...shape, threads: 2 })
    const [first, trained, second] = await Promise.all([
      plan.readState(),
      plan.train(gptBatch(graph, shape, 5), rate(5)),
      plan.readState()
    ])
    expect([first.step, trained.losses.length, second.step]).toEqual([0, 5, 5])
  })

  it('take their data when they are made: the caller may use its arrays again', async () => {
    const options = { ...shape, threads: 2 }
    const [plan, other] = [await planOf(graph, options), await planOf(graph, options)]
    const data = { tokens: Int32Array.from(batch()['tokens']!), targets: Int32Array.from(batch()['targets']!) }
    const running = plan.train(data, rate(1))
    data.tokens.fill(0)
    data.targets.fill(0)
    expect((await running).losses).toEqual((await other.train(batch(), rate(1))).losses)
  })
})
