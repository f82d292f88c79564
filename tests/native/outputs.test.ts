/** Named outputs of the graphs of every stage, and what a plan says to inputs that its loss cannot take. */
import { describe, expect, it } from 'vitest'
import type { Plan } from '../../electron/engine/plan.ts'
import { classifierGraph, policyGraph, preferenceGraph, rewardGraph, valueGraph } from '../../electron/graph/heads.ts'
import { gptGraph } from '../../electron/graph/gpt.ts'
import type { Graph } from '../../electron/graph/graph.ts'
import { inputsOf } from './operation-cases.ts'
import { engine, largestDifference, livelyParameters, oddGpt, planOf } from './small-models.ts'
import { parameters64, value64 } from './float64-graph.ts'

const graphs = {
  policy: policyGraph(oddGpt, { temperature: 0.7, clip: 0.2, beta: 0.1 }),
  value: valueGraph(oddGpt, { clip: 0.2 }),
  reward: rewardGraph(oddGpt),
  preference: preferenceGraph(oddGpt, { beta: 0.1 }),
  classifier: classifierGraph(oddGpt, 3)
} satisfies Record<string, Graph>
const shape = { batch: 6, length: 19 }
const options = { ...shape, threads: 2, streams: 2 }

const only = (batch: ReturnType<typeof inputsOf>, ...names: string[]) =>
  Object.fromEntries(names.map(name => [name, batch[name]!]))

describe('outputs', () => {
  it.each([
    ['policy', 'logits', ['tokens'], 37],
    ['policy', 'logProbabilities', ['tokens', 'targets'], 1],
    ['value', 'values', ['tokens'], 1],
    ['reward', 'scores', ['tokens'], 1],
    ['preference', 'logProbabilities', ['tokens', 'targets'], 1],
    ['classifier', 'classes', ['tokens'], 3]
  ] as const)('of the %s graph: %s', async (kind, name, needed, columns) => {
    const graph = graphs[kind]
    const parameters = livelyParameters(graph, 4)
    const plan = await planOf(graph, options, parameters)
    const inputs = inputsOf(graph, shape)
    const values = await plan.outputs(only(inputs, ...needed), name)
    expect(values.length).toBe(shape.batch * shape.length * columns)
    const expected = value64(graph, graph.outputs[name]!, parameters64(parameters), inputs, shape)
    expect(largestDifference(values, expected)).toBeLessThan(2e-5)
    // After a step, which uses the memory of what nobody reads any longer, the same question has an answer of the same kind.
    await plan.gradients(kind === 'classifier' ? { ...inputs, targets: inputs['targets']!.map(t => Math.min(t, 2)) } : inputs)
    expect(await plan.outputs(inputs, name)).toEqual(values)
  })

  it('come for any number of sequences, with the same bits as for each alone', async () => {
    const plan = await planOf(graphs.policy, options)
    const inputs = inputsOf(graphs.policy, { ...shape, batch: 15 })
    const together = await plan.outputs(inputs, 'logProbabilities')
    for (let i = 0; i < 15; i++) {
      const [from, to] = [i * shape.length, (i + 1) * shape.length]
      const alone = { tokens: inputs['tokens']!.slice(from, to), targets: inputs['targets']!.slice(from, to) }
      expect(await plan.outputs(alone, 'logProbabilities')).toEqual(together.slice(from, to))
    }
  })

  it('have log-probabilities that are those of generated tokens', async () => {
    const plan = await planOf(graphs.policy, options)
    const prompts = [Int32Array.of(3, 1, 4), Int32Array.of(1, 5)]
    const { tokens, logProbabilities } = await plan.generate({ prompts, maxTokens: 9, temperature: 0.7, seed: 2 })
    const rows = 2 * shape.length
    const [inputs, targets] = [new Int32Array(rows), new Int32Array(rows).fill(-1)]
    prompts.forEach((prompt, i) => {
      const text = [...prompt, ...tokens[i]!]
      inputs.set(text.slice(0, -1), i * shape.length)
      targets.set(tokens[i]!, i * shape.length + prompt.length - 1)
    })
    const scored = await plan.outputs({ tokens: inputs, targets }, 'logProbabilities')
    const drawn = [...scored].filter((_, row) => targets[row]! >= 0)
    expect(
      largestDifference(
        drawn,
        logProbabilities.flatMap(values => [...values])
      )
    ).toBeLessThan(1e-5)
    expect([...scored].filter((_, row) => targets[row]! < 0).every(value => value === 0)).toBe(true)
  })

  it('are those of the plain GPT where the weights are', async () => {
    const parameters = livelyParameters(graphs.policy, 6)
    const [plain, policy] = [
      await planOf(gptGraph(oddGpt), options, parameters),
      await planOf(graphs.policy, options, parameters)
    ]
    const { tokens } = inputsOf(graphs.policy, shape)
    const logits = await plain.logits(tokens as Int32Array, shape.length)
    expect(await policy.logits(tokens as Int32Array, shape.length)).toEqual(logits)
    expect(await policy.outputs({ tokens: tokens! }, 'logits')).toEqual(logits)
    const request = { prompts: [Int32Array.of(1)], maxTokens: 8, temperature: 1, seed: 3 }
    expect((await policy.generate(request)).tokens).toEqual((await plain.generate(request)).tokens)
  })
})

describe('models without logits', () => {
  it.each(['value', 'reward', 'classifier'] as const)('of the %s graph refuse to decode, and say what they give', async kind => {
    const plan = await planOf(graphs[kind], options)
    const refused = { code: 'engine-input', details: { input: 'logits' } }
    const one = Int32Array.of(0)
    await expect(plan.generate({ prompts: [one], maxTokens: 1, temperature: 1, seed: 1 })).rejects.toMatchObject(refused)
    await expect(plan.decode({ streams: one, positions: one, tokens: one })).rejects.toMatchObject(refused)
    await expect(plan.logits(one, 1)).rejects.toMatchObject(refused)
    await expect(plan.outputs({ tokens: new Int32Array(19) }, 'logits')).rejects.toMatchObject(refused)
  })
})

describe('inputs that a loss cannot take', () => {
  const changed = (batch: ReturnType<typeof inputsOf>, name: string, index: number, value: number) => {
    const values = batch[name]!.slice()
    values[index] = value
    return { ...batch, [name]: values }
  }
  const { policy, value, reward, preference } = graphs
  const sequences = (values: Int32Array | Float32Array, change: (value: number, sequence: number) => number) =>
    values.map((value, row) => change(value, Math.floor(row / shape.length)))
  type Inputs = ReturnType<typeof inputsOf>
  const cases: [string, Graph, (batch: Inputs) => Inputs, object][] = [
    ['a target that is no token', policy, b => changed(b, 'targets', 9, 37), { code: 'token-out-of-range' }],
    ['an old log-probability that is no number', policy, b => changed(b, 'old', 0, NaN), { details: { input: 'old' } }],
    ['an infinite advantage', policy, b => changed(b, 'advantages', 5, Infinity), { details: { input: 'advantages' } }],
    ['a reference that is no number', policy, b => changed(b, 'reference', 7, NaN), { details: { input: 'reference' } }],
    ['no targets', policy, b => ({ ...b, targets: b['targets']!.map(() => -1) }), { details: { input: 'targets' } }],
    ['too few advantages', policy, b => ({ ...b, advantages: b['advantages']!.slice(1) }), { code: 'engine-input' }],
    ['a return that is no number', value, b => changed(b, 'returns', 3, NaN), { details: { input: 'returns' } }],
    ['a score behind the sequence', reward, b => changed(b, 'at', 2, 19), { details: { input: 'at', received: 19 } }],
    ['a score before the sequence', reward, b => changed(b, 'at', 0, -1), { details: { input: 'at', received: -1 } }],
    ['a group below −1', reward, b => changed(b, 'group', 1, -2), { details: { input: 'group' } }],
    ['ranks that are all equal', reward, b => ({ ...b, rank: new Int32Array(6) }), { details: { input: 'rank' } }],
    ['groups of one', reward, b => ({ ...b, group: Int32Array.of(0, 1, 2, 3, 4, 5) }), { details: { input: 'rank' } }],
    ['one rank a token', reward, b => ({ ...b, rank: new Int32Array(6 * 19) }), { code: 'engine-input' }],
    ['a reference sum that is no number', preference, b => changed(b, 'reference', 3, NaN), { details: { input: 'reference' } }],
    [
      'a pair without a rejected sequence',
      preference,
      b => ({ ...b, targets: sequences(b['targets']!, (target, i) => (i === 3 ? -1 : target)) }),
      { code: 'engine-input', details: { input: 'targets' } }
    ]
  ]
  it.each(cases)('%s', async (_, graph, change, failure) => {
    const plan = await planOf(graph, options)
    const batch = inputsOf(graph, shape)
    const before = await plan.readState()
    for (const call of [
      plan.train(change(batch), Float64Array.of(1e-3)),
      plan.evaluate(change(batch)),
      plan.gradients(change(batch))
    ])
      await expect(call).rejects.toMatchObject({ name: 'LabFailure', ...failure })
    expect(await plan.readState()).toEqual(before)
    await expect(plan.train(batch, Float64Array.of(1e-3))).resolves.toMatchObject({ losses: { length: 1 } })
  })

  it('a place may be anything where its sequence belongs to no group', async () => {
    const plan = await planOf(reward, options)
    await expect(plan.evaluate(changed(inputsOf(reward, shape), 'at', 5, -1))).resolves.toHaveLength(1)
  })

  it('a pair of padding does not count', async () => {
    const [plan, shorter] = [await planOf(preference, options), await planOf(preference, { ...options, batch: 4 })]
    const batch = inputsOf(preference, shape)
    const padded = { ...batch, targets: sequences(batch['targets']!, (target, i) => (i > 3 ? -1 : target)) }
    const rows = 4 * shape.length
    const [first, second] = await Promise.all([
      plan.evaluate(padded),
      shorter.evaluate({
        tokens: batch['tokens']!.slice(0, rows),
        targets: batch['targets']!.slice(0, rows),
        reference: batch['reference']!.slice(0, 4)
      })
    ])
    expect(first).toEqual(second)
  })

  it('outputs refuse what they cannot compute', async () => {
    const plan: Plan = await planOf(policy, options)
    const { tokens } = inputsOf(policy, shape)
    for (const [batch, name] of [
      [{ tokens: tokens! }, 'logProbabilities'],
      [{ tokens: tokens! }, 'scores'],
      [{ tokens: tokens! }, 'loss'],
      [{ tokens: tokens!.slice(1) }, 'logits'],
      [{}, 'logits'],
      [{ tokens: Float32Array.from(tokens!) }, 'logits']
    ] as const)
      await expect(plan.outputs(batch, name)).rejects.toMatchObject({ code: 'engine-input' })
    await expect(plan.outputs({ tokens: new Int32Array(19).fill(37) }, 'logits')).rejects.toMatchObject({
      code: 'token-out-of-range'
    })
  })
})

describe('a graph of a later stage that does not fit together is not compiled', () => {
  const refused = (graph: Graph, changes: object = {}) =>
    expect(() => engine.compile(graph, { ...options, ...changes })).toThrow(expect.objectContaining({ code: 'engine-shape' }))
  it('a temperature of 0', () => refused(policyGraph(oddGpt, { temperature: 0, clip: 0.2 })))
  it('a clip of 0', () => refused(policyGraph(oddGpt, { temperature: 1, clip: 0 })))
  it('a clip that is no number', () => refused(valueGraph(oddGpt, { clip: NaN })))
  it('a beta below 0', () => refused(preferenceGraph(oddGpt, { beta: -1 })))
  it('half a pair', () => refused(preferenceGraph(oddGpt, { beta: 0.1 }), { batch: 5 }))
  it('ranks one a token', () => {
    const inputs = graphs.reward.inputs.map(input => (input.name === 'rank' ? { ...input, per: 'token' as const } : input))
    refused({ ...graphs.reward, inputs })
  })
  it('a pairwise loss of logits', () => {
    const nodes = graphs.policy.nodes.slice(0, -2)
    const loss = graphs.reward.nodes.at(-1)!
    refused({
      ...graphs.reward,
      nodes: [...nodes, { ...loss, scores: 'logits' } as typeof loss],
      parameters: graphs.policy.parameters
    })
  })
})
