/** Opened models through the lab: kept, closed, opened anew, on ONNX Runtime and on the engine. */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SessionDescription } from '../../../electron/contract/models.ts'
import { neutralSampling } from '../../../electron/contract/probe.ts'
import { chatTokens } from '../../../electron/corpora/chat.ts'
import { gptGraph } from '../../../electron/graph/gpt.ts'
import { classifierGraph, rewardGraph } from '../../../electron/graph/heads.ts'
import { BpeTokenizer } from '../../../electron/tokenizers/bpe.ts'
import { CharacterTokenizer } from '../../../electron/tokenizers/characters.ts'
import { largestDifference, randomParameters, someTokens } from '../onnx/small-models.ts'
import { openSmallLab, type SmallLab } from './probing.ts'

const tokenizer = new CharacterTokenizer([...'abcdefghijklmnopqrstuvwxyz .'])
const context = 80
let small: SmallLab
beforeAll(async () => {
  small = await openSmallLab(tokenizer, context)
})
afterAll(() => small.close())

const request = { settings: { ...neutralSampling, temperature: 1.5 }, seed: 6, maxTokens: 90, endTokens: [2] }

describe('sessions', () => {
  it('are opened once, said to everybody, and exported into the cache by the hash of the weights', async () => {
    const said: { model: string; session: SessionDescription }[] = []
    const end = small.lab.subscribe((event, payload) => event === 'session' && said.push(payload as (typeof said)[number]))
    const [first, second] = await Promise.all([small.lab.sessions.open(small.model), small.lab.sessions.open(small.model)])
    end()
    expect(first.session).toBe(second.session)
    expect(said).toEqual([{ model: small.model, session: first.session.description }])
    expect(first.session.description).toMatchObject({ provider: 'cpu', requested: 'auto', weights: 'fp32' })
    await first.session.inspect!(Int32Array.of(1, 2))
    const files = await readdir(join(small.lab.home.cache, first.model.key))
    expect(files.map(name => name.split('-')[0]).sort()).toEqual(['delta', 'full'])
  })

  it('take the provider of the settings when a call names none', async () => {
    await small.lab.settings.set({ provider: 'native' })
    const { session } = await small.lab.sessions.open(small.model)
    await small.lab.settings.set({ provider: 'auto' })
    expect(session.description).toMatchObject({ provider: 'native', requested: 'native', refused: [] })
    expect((await small.lab.sessions.open(small.model)).session.description.provider).toBe('cpu')
  })

  it('are opened anew when the weights have changed', async () => {
    const before = await small.lab.sessions.open(small.model)
    const graph = gptGraph(small.config)
    const shapes = new Map(graph.parameters.map(({ name, shape }) => [name, shape]))
    const parameters = randomParameters(graph, 77)
    const card = { name: 'other', created: new Date().toISOString() }
    const model = { model: small.config, parameters, tokenizer: tokenizer.json(), kind: 'base', card } as const
    const { id } = await small.lab.models.write('other', model, shapes)
    const first = await small.lab.sessions.open(id)
    const tokens = someTokens(9, small.config.vocabulary)
    const logits = await first.session.next(tokens)
    await small.lab.models.write('other', { ...model, parameters: randomParameters(graph, 78) }, shapes)
    const second = await small.lab.sessions.open(id)
    expect(second.session).not.toBe(first.session)
    expect(largestDifference(await second.session.next(tokens), logits)).toBeGreaterThan(0.01)
    await expect(first.session.next(tokens)).rejects.toMatchObject({ code: 'session-closed' })
    expect((await small.lab.sessions.open(small.model)).session).toBe(before.session)
  })

  it('end before their model’s folder goes', async () => {
    const graph = gptGraph(small.config)
    const shapes = new Map(graph.parameters.map(({ name, shape }) => [name, shape]))
    const card = { name: 'gone', created: new Date().toISOString() }
    const parts = { model: small.config, parameters: randomParameters(graph, 5), tokenizer: tokenizer.json() }
    const { id } = await small.lab.models.write('gone', { ...parts, kind: 'base', card }, shapes)
    const { session } = await small.lab.sessions.open(id)
    const context = { signal: new AbortController().signal, progress: () => {} }
    await small.lab.handlers['models.delete']({ model: id }, context)
    await expect(session.next(Int32Array.of(1))).rejects.toMatchObject({ code: 'session-closed' })
    await expect(small.lab.sessions.open(id)).rejects.toMatchObject({ code: 'model-unknown' })
  })

  it('are refused to models without a language head, with the reason', async () => {
    const chat = new BpeTokenizer([], chatTokens)
    const config = { ...small.config, vocabulary: chat.vocabulary }
    for (const [kind, graph, classes] of [
      ['reward', rewardGraph(config), undefined],
      ['base', classifierGraph(config, 2), ['bad', 'good']]
    ] as const) {
      const shapes = new Map(graph.parameters.map(({ name, shape }) => [name, shape]))
      const card = { name: 'judge', created: new Date().toISOString() }
      const parameters = randomParameters(graph, 5)
      const model = { model: config, parameters, tokenizer: chat.json(), kind, ...(classes && { classes }), card }
      const { id, inspectable } = await small.lab.models.write(`judge-${kind}`, model, shapes)
      expect(inspectable).toBe(false)
      // It is read whole, head and all: other parts of the lab use it.
      expect((await small.lab.models.load(id)).parameters).toEqual(parameters)
      await expect(small.lab.sessions.open(id)).rejects.toMatchObject({ code: 'model-no-chat', details: { model: 'judge' } })
    }
  })

  it('have nothing left open when the lab closes', async () => {
    const other = await openSmallLab(tokenizer)
    const { session } = await other.lab.sessions.open(other.model)
    await other.close()
    await expect(session.next(Int32Array.of(1))).rejects.toMatchObject({ code: 'session-closed' })
    expect(await stat(other.lab.home.root).catch(() => undefined)).toBeUndefined()
  })
})

describe('the engine’s session', () => {
  it('gives the engine’s logits, and ONNX Runtime’s attention and lens', async () => {
    const { session } = await small.lab.sessions.open(small.model, 'native')
    const onnx = (await small.lab.sessions.open(small.model, 'cpu')).session
    const tokens = someTokens(33, small.config.vocabulary)
    const expected = await small.engineLogits(tokens)
    const run = await session.inspect!(tokens)
    const reference = await onnx.inspect!(tokens)
    expect(run.logits).toEqual(expected)
    expect(run.attention).toEqual(reference.attention)
    expect(run.lens).toEqual(reference.lens)
    expect(await session.next(tokens)).toEqual(expected.slice(-small.config.vocabulary))
    expect(session.description.millisecondsPerToken).toBeGreaterThan(0)
  })

  it('says the same tokens as ONNX Runtime, one stream or several, up to a full context', async () => {
    const { session } = await small.lab.sessions.open(small.model, 'native')
    const onnx = (await small.lab.sessions.open(small.model, 'cpu')).session
    for (const lengths of [[5], [40, 3, context, 17, 1]]) {
      const prompts = lengths.map((length, i) => someTokens(length, small.config.vocabulary, i))
      const [own, theirs] = [await session.decode({ ...request, prompts }), await onnx.decode({ ...request, prompts })]
      own.forEach((stream, i) => {
        expect(stream.tokens, `stream ${i} of ${lengths.length}`).toEqual(theirs[i]!.tokens)
        expect(largestDifference(stream.probabilities, theirs[i]!.probabilities)).toBeLessThan(1e-4)
        expect(stream.ended).toBe(theirs[i]!.ended)
      })
    }
  })

  it('answers several calls at once, and cancels', async () => {
    const { session } = await small.lab.sessions.open(small.model, 'native')
    const stop = new AbortController()
    const prompts = [someTokens(4, small.config.vocabulary)]
    const long = { ...request, prompts, endTokens: [] }
    const [first, second, cancelled, logits] = await Promise.all([
      session.decode(long),
      session.decode({ ...long, prompts: [...prompts, Int32Array.of(1)] }),
      session.decode(long, () => stop.abort(), stop.signal),
      session.next(prompts[0]!)
    ])
    expect(second[0]!.tokens).toEqual(first[0]!.tokens)
    expect(cancelled[0]!.ended).toBe('cancelled')
    expect(cancelled[0]!.tokens).toEqual(first[0]!.tokens.slice(0, cancelled[0]!.tokens.length))
    expect(logits.length).toBe(small.config.vocabulary)
  })

  it('refuses prompts that it cannot read', async () => {
    const { session } = await small.lab.sessions.open(small.model, 'native')
    for (const [tokens, code] of [
      [[], 'prompt-empty'],
      [[-1], 'token-out-of-range'],
      [[small.config.vocabulary], 'token-out-of-range'],
      [new Array<number>(context + 1).fill(0), 'context-too-long']
    ] as const) {
      const prompt = Int32Array.from(tokens)
      await expect(session.next(prompt)).rejects.toMatchObject({ code })
      await expect(session.inspect!(prompt)).rejects.toMatchObject({ code })
      await expect(session.decode({ ...request, prompts: [prompt] })).rejects.toMatchObject({ code })
    }
  })
})
