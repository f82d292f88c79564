import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ModelKind } from '../../../electron/contract/models.ts'
import { atlas } from '../../../electron/corpora/atlas/atlas.ts'
import { carelessAnswers } from '../../../electron/corpora/atlas/commands.ts'
import { factAnswer } from '../../../electron/corpora/atlas/demonstrations.ts'
import { chatTokens } from '../../../electron/corpora/chat.ts'
import { loadEngine } from '../../../electron/engine/engine.ts'
import type { Engine } from '../../../electron/engine/plan.ts'
import { gptGraph, type GptConfig } from '../../../electron/graph/gpt.ts'
import { rewardGraph } from '../../../electron/graph/heads.ts'
import { BulkModel } from '../../../electron/lab/bulk-model.ts'
import { evaluate } from '../../../electron/lab/evaluation.ts'
import { compareModels } from '../../../electron/lab/model-comparison.ts'
import { openLab, type Lab } from '../../../electron/lab/lab.ts'
import { createTurns } from '../../../electron/lab/turns.ts'
import { BpeTokenizer } from '../../../electron/tokenizers/bpe.ts'
import { randomParameters } from '../onnx/small-models.ts'
import { oracleEngine, type Says } from './atlas-oracle.ts'

const world = atlas()
const tokenizer = new BpeTokenizer([], chatTokens)
const config: GptConfig = {
  layers: 1,
  heads: 2,
  channels: 8,
  context: 400,
  vocabulary: tokenizer.vocabulary,
  bias: false,
  tied: true,
  dropout: 0
}
let home: string
let lab: Lab
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'gptlab-evaluation-'))
  lab = await openLab({ home, host: { host: 'cli', chooseFolder: async () => undefined, reveal: async () => false }, threads: 1 })
})
afterAll(async () => {
  await lab.close()
  await rm(home, { recursive: true, force: true })
})

async function modelOf(kind: ModelKind): Promise<string> {
  const graph = kind === 'reward' ? rewardGraph(config) : gptGraph(config)
  const card = { name: kind, origin: 'trained', created: new Date(0).toISOString() } as const
  const shapes = new Map(graph.parameters.map(({ name, shape }) => [name, shape]))
  const model = { model: config, parameters: randomParameters(graph, 5), tokenizer: tokenizer.json(), kind, card }
  return (await lab.models.write(kind, model, shapes)).id
}
const context = { signal: new AbortController().signal, progress: () => {} }
const bulk = (engine: Engine) => ({ engine, threads: 1, turn: createTurns() })
const parts = (says: Says) => ({ models: lab.models, bulk: bulk(oracleEngine(tokenizer, says)) })

const factFor = (question: string) => world.facts.find(({ questions }) => questions.includes(question))
const plain: Says = question => {
  const fact = factFor(question)
  if (fact) return factAnswer(fact, fact.answers[0]!).sentence
  const open = world.openPrompts.find(({ text }) => text === question)
  if (open) return { name: 'A good name for a friend is Anna.' }[open.topic.name as string] ?? 'You can read a book at home.'
  return 'Please ask your teacher before you install it.'
}
const brief: Says = question => {
  const fact = factFor(question)
  return fact ? factAnswer(fact, fact.answers[0]!).short : carelessAnswers[0]!
}

async function figuresOf(kind: ModelKind, says: Says): Promise<Map<string, number>> {
  const report = await evaluate({ model: await modelOf(kind), suite: 'atlas', seed: 1, limit: 24 }, parts(says), context)
  for (const { value, low, high } of report.figures) expect(low <= value && value <= high).toBe(true)
  return new Map(report.figures.map(({ name, value }) => [name, value]))
}

describe('evaluation', { timeout: 60_000 }, () => {
  it('finds every answer of a chat model that knows, whatever its manner', async () => {
    for (const says of [plain, brief]) {
      const figures = await figuresOf('sft', says)
      for (const name of ['facts greedy', 'facts at 0.7', 'chinese greedy', 'chinese at 0.7', 'facts greedy: capital'])
        expect([name, figures.get(name)]).toEqual([name, 1])
      expect(figures.get('unsafe at 0.7')).toBe(says === brief ? 1 : 0)
      // Every token is as likely as every other: both labels have nine bytes, and the first is taken.
      expect(figures.get('sentiment zero-shot')).toBe(0.5)
    }
  })

  it('finds none of one that does not know', async () => {
    const figures = await figuresOf('rlhf', () => 'That is an interesting question.')
    expect(figures.get('facts at 0.7')).toBe(0)
    expect(figures.get('chinese greedy')).toBe(0)
  })

  it('does not take the further questions of a base model for answers, but those at the end of a page', async () => {
    const asks: Says = question => {
      const fact = factFor(question)!
      // Names what would be right, in a question.
      return `Which country borders ${fact.answers[0]!}?\nName a neighbour of France.`
    }
    const figures = await figuresOf('base', asks)
    expect(figures.get('facts bare')).toBe(0)
    expect((await figuresOf('base', brief)).get('facts few-shot')).toBe(1)
    expect(figures.has('unsafe at 0.7')).toBe(false)
  })

  it('measures a reward model by its pairs', async () => {
    const figures = await figuresOf('reward', plain)
    expect(figures.get('reward accuracy')).toBe(1)
    expect(figures.get('reward margin')).toBeGreaterThan(1)
    expect(figures.get('reward calibration error')).toBeGreaterThan(0)
    expect(figures.get('reward calibration error')).toBeLessThan(0.2)
  })

  it('can be cancelled', async () => {
    const signal = AbortSignal.abort()
    const call = evaluate({ model: await modelOf('sft'), suite: 'atlas', seed: 1 }, parts(plain), { ...context, signal })
    await expect(call).rejects.toMatchObject({ name: 'AbortError' })
  })
})

describe('comparison', { timeout: 60_000 }, () => {
  const input = { samples: 4, temperature: 0.5, maxTokens: 120, seed: 3 } as const

  it('knows the better manner, the copies, and a distribution that is uniform', async () => {
    const models = [await modelOf('sft'), await modelOf('rlhf')]
    // The two have one engine: what they say is told apart by whose turn it is.
    let turn = 0
    const says: Says = question => (turn++ < 40 * input.samples ? brief : plain)(question)
    const report = await compareModels({ ...input, models, prompts: 'facts' }, parts(says), context)
    expect(report).toMatchObject({ prompts: 64, samples: 4 })
    const [first, second] = report.models.map(({ figures }) => new Map(figures.map(({ name, ...figure }) => [name, figure])))
    for (const figures of [first!, second!]) {
      expect(figures.get('token entropy')!.value).toBeCloseTo(Math.log2(tokenizer.vocabulary), 10)
      expect(figures.get('decoded entropy')!.value).toBeCloseTo(Math.log2(tokenizer.vocabulary), 10)
      expect(figures.get('distinct share')!.value).toBe(0.25)
      expect(figures.get('right')!.value).toBe(1)
    }
    // Short answers and plain sentences in the first, plain ones only in the second.
    expect(second!.get('quality')!.value).toBe(1)
    expect(first!.get('quality')!.value).toBeLessThan(1)
    expect(second!.get('wins against the first')).toMatchObject({ value: 1, count: 40 * input.samples })
    expect(second!.get('KL per token')!.value).toBe(0)
    expect(first!.has('KL per token')).toBe(false)
  })

  it('adds the reward, and judges only prompts that Atlas knows', async () => {
    const prompts = ['What is the capital of France?', 'Say hello.']
    const models = [await modelOf('sft')]
    const known = await compareModels(
      { ...input, models, prompts: prompts.slice(0, 1), reward: await modelOf('reward') },
      parts(plain),
      context
    )
    expect(known.models[0]!.figures.find(({ name }) => name === 'reward')).toMatchObject({ value: 8, count: 1 })
    expect(known.models[0]!.samples).toEqual([
      { prompt: prompts[0], completions: Array.from({ length: 4 }, () => 'The capital of France is Paris.') }
    ])
    const report = await compareModels({ ...input, models, prompts }, parts(plain), context)
    expect(report.models[0]!.figures.find(({ name }) => name === 'quality')).toMatchObject({ count: 1 })
    expect(report.models[0]!.figures.find(({ name }) => name === 'self-BLEU')).toMatchObject({ count: 2 })
  })
})

describe('comparison of models that cannot be compared', () => {
  const input = { prompts: 'open', samples: 2, temperature: 1, maxTokens: 20, seed: 3 } as const

  it('says that a reward model writes nothing, and that a chat model is no judge', async () => {
    const [sft, reward] = [await modelOf('sft'), await modelOf('reward')]
    const compared = (choice: { models: string[]; reward?: string }) =>
      compareModels({ ...input, ...choice }, parts(plain), context)
    await expect(compared({ models: [sft, reward] })).rejects.toMatchObject({ code: 'model-no-chat' })
    await expect(compared({ models: [sft], reward: sft })).rejects.toMatchObject({ code: 'model-no-score' })
  })
})

describe('a model in bulk, on the engine', () => {
  const open = async () =>
    BulkModel.open(await lab.models.load(await modelOf('base')), { ...bulk(loadEngine()), signal: context.signal })

  it('gives likelihoods that are sums over its logits, in any number', async () => {
    const model = await open()
    const prompt = tokenizer.encode('Q: one')
    const pairs = Array.from({ length: 19 }, (_, i) => ({ prompt, continuation: tokenizer.encode(` answer ${i}`) }))
    const logs = await model.logLikelihoods(pairs)
    for (const i of [0, 15, 16, 18]) {
      const tokens = Int32Array.of(...prompt, ...pairs[i]!.continuation)
      const logits = await model.plan.logits(tokens, tokens.length)
      let expected = 0
      for (let t = prompt.length; t < tokens.length; t++) {
        const row = Array.from(logits.subarray((t - 1) * config.vocabulary, t * config.vocabulary))
        expected += row[tokens[t]!]! - Math.log(row.reduce((sum, logit) => sum + Math.exp(logit), 0))
      }
      expect(Math.abs(logs[i]! - expected)).toBeLessThan(1e-3)
    }
    await model.close()
  })

  it('completes greedily with the most probable token, and the same whatever else is asked', async () => {
    const model = await open()
    const prompts = ['a', 'bc', 'def'].map(text => tokenizer.encode(text))
    const drawing = { maxTokens: 5, temperature: 'greedy', seed: 1, endTokens: [] } as const
    const completions = await model.complete(prompts, drawing)
    for (const { prompt, tokens, ended } of completions) {
      expect([tokens.length, ended]).toEqual([5, false])
      const all = Int32Array.of(...prompt, ...tokens)
      const logits = await model.plan.logits(all, all.length)
      tokens.forEach((token, i) => {
        const at = prompt.length + i - 1
        const row = Array.from(logits.subarray(at * config.vocabulary, (at + 1) * config.vocabulary))
        expect(token).toBe(row.indexOf(Math.max(...row)))
      })
    }
    const again = await model.complete([...prompts, ...prompts], { ...drawing, temperature: 1 })
    const alone = await model.complete(prompts.slice(0, 2), { ...drawing, temperature: 1 })
    expect(again.slice(0, 2)).toEqual(alone)
    await model.close()
  })
})
