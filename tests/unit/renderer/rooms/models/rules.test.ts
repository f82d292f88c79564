/** The rules of the Models room: groups, providers, parameters, recipe. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Figure } from '../../../../../electron/contract/atlas.ts'
import type { ModelSummary, SessionDescription } from '../../../../../electron/contract/models.ts'
import { gptGraph } from '../../../../../electron/graph/gpt.ts'
import { countParameters } from '../../../../../electron/graph/graph.ts'
import english from '../../../../../renderer/i18n/en/models.ts'
import englishTraining from '../../../../../renderer/i18n/en/training.ts'
import chinese from '../../../../../renderer/i18n/zh-CN/models.ts'
import { kindOf, lossPer, sourceOf } from '../../../../../renderer/design/stages.ts'
import { figureRows } from '../../../../../renderer/rooms/models/figure-rows.ts'
import { modelGroups } from '../../../../../renderer/rooms/models/model-groups.ts'
import { parameterShares } from '../../../../../renderer/rooms/models/parameter-shares.ts'
import { providerRows } from '../../../../../renderer/rooms/models/provider-rows.ts'
import { knownData, rate, recipeLines, recipeOf, type Say } from '../../../../../renderer/rooms/models/recipe-lines.ts'

describe('the list of models', () => {
  it('shows what was trained here first, the newest of each origin on top, and no empty group', () => {
    const model = (id: string, origin: ModelSummary['origin'], created: string) => ({ id, origin, created }) as ModelSummary
    const groups = modelGroups([
      model('s', 'shipped', '2026-05-01'),
      model('a', 'trained', '2026-01-01'),
      model('b', 'trained', '2026-02-01')
    ])
    expect(groups.map(({ origin, models }) => [origin, models.map(({ id }) => id)])).toEqual([
      ['trained', ['b', 'a']],
      ['shipped', ['s']]
    ])
  })
})

describe('the providers of a model', () => {
  const session = (rest: Partial<SessionDescription>): SessionDescription => ({
    provider: 'cpu',
    requested: 'auto',
    refused: [],
    operations: {},
    weights: 'fp32',
    attention: 'standard',
    threads: 1,
    millisecondsPerToken: 0.5,
    ...rest
  })

  it('show the speed of each that ran, however it was asked for', () => {
    const rows = providerRows(['cuda', 'cpu'], { auto: session({}) })
    expect(rows.map(({ provider, speed }) => [provider, speed])).toEqual([
      ['auto', 2000],
      ['cuda', 0],
      ['cpu', 2000],
      ['native', 0]
    ])
  })

  it('say why one was refused, and never show another’s speed as its own', () => {
    const refused = [{ provider: 'cuda', why: 'failed', detail: 'no driver' }] as const
    const rows = providerRows(['cuda', 'cpu'], { cuda: session({ requested: 'cuda', refused }) })
    expect(rows.find(({ provider }) => provider === 'cuda')).toMatchObject({ speed: 0, refusal: refused[0] })
    expect(rows.find(({ provider }) => provider === 'cpu')?.speed).toBe(2000)
    expect(rows.find(({ provider }) => provider === 'auto')?.session).toBeUndefined()
  })
})

describe('where the parameters are', () => {
  const gpt = { layers: 3, heads: 2, channels: 32, context: 16, vocabulary: 65, bias: true, dropout: 0 }
  const sharesOf = (tied: boolean) => {
    const parameters = countParameters(gptGraph({ ...gpt, tied }))
    return { parameters, shares: parameterShares({ ...gpt, parameters }) }
  }

  it('adds up to the graph’s own count', () => {
    const { parameters, shares } = sharesOf(true)
    expect(shares.reduce((sum, part) => sum + part.parameters, 0)).toBe(parameters)
    expect(shares.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12)
  })

  it('counts a head of its own among the others', () => {
    const other = (tied: boolean) => sharesOf(tied).shares.find(({ part }) => part === 'other')!.parameters
    expect(other(false) - other(true)).toBe(gpt.vocabulary * gpt.channels)
  })

  it('says nothing of a model whose total it does not understand', () => {
    expect(parameterShares({ ...gpt, parameters: 100 })).toEqual([])
    expect(parameterShares({ layers: 0, heads: 0, channels: 0, context: 0, vocabulary: 0, parameters: 0 })).toEqual([])
  })
})

describe('a recipe that is read', () => {
  const folder = join(import.meta.dirname, '../../../../../models/recipes')
  const sayIn =
    (messages: typeof english.recipe): Say =>
    (key, values = {}) => {
      const text = key.split('.').reduce<unknown>((part, name) => (part as Record<string, unknown>)[name], messages) as string
      return text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name]))
    }

  describe.each([
    ['English', english.recipe],
    ['Chinese', chinese.recipe]
  ])('in %s', (_, messages) => {
    it.each(readdirSync(folder))('%s has a label and a value in every line', file => {
      const recipe = recipeOf(JSON.parse(readFileSync(join(folder, file), 'utf8')))
      expect(recipe).not.toBeNull()
      for (const { line, value } of recipeLines(recipe!, sayIn(messages))) {
        expect(messages[line], line).toMatch(/./)
        expect(value, line).toMatch(/./)
        expect(value, line).not.toMatch(/undefined|NaN|[{}]/)
      }
    })
  })

  it('is nothing else that a card may hold', () => {
    for (const other of [undefined, null, 'text', {}, { name: 'x' }]) expect(recipeOf(other)).toBeNull()
  })

  const stages = ['pretrain', 'sft', 'reward', 'dpo', 'classify', 'ppo', 'grpo'] as const
  it('knows what kind of model its stage makes', () => {
    expect(stages.map(kindOf)).toEqual(['base', 'sft', 'reward', 'rlhf', 'base', 'rlhf', 'rlhf'])
  })

  it('knows where its data come from, a user’s own comparisons too', () => {
    const read = (name: string) => recipeOf(JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')))!
    expect(['sonnets-char', 'atlas-sft', 'atlas-rlhf', 'atlas-classify'].map(name => sourceOf(read(name)))).toEqual([
      'sonnets',
      'atlas',
      'atlas',
      'atlas'
    ])
    const reward = read('atlas-reward')
    if (reward.stage !== 'reward') throw new Error('Expected a recipe of a reward model.')
    expect(sourceOf({ ...reward, reward: { ...reward.reward, source: 'mine' } })).toBe('mine')
  })

  it('knows what the loss of its stage is a mean over', () => {
    expect(stages.map(lossPer)).toEqual([
      'token',
      'token',
      'pair',
      'pair',
      'text',
      null,
      null
    ])
  })

  it('says what shipped data are in the reader’s language, and of a user’s own nothing', () => {
    const texts = { models: english, training: englishTraining }
    const textAt = (path: string) =>
      path.split('.').reduce<unknown>((part, name) => (part as Record<string, unknown> | undefined)?.[name], texts)
    for (const name of ['sonnets-char', 'moby-dick-bpe', 'atlas-base', 'atlas-sft', 'atlas-reward', 'atlas-rlhf', 'atlas-classify']) {
      const recipe = recipeOf(JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')))!
      const { data, licence } = knownData(recipe)!
      expect([name, textAt(data), textAt(licence)]).toEqual([name, expect.any(String), expect.any(String)])
    }
    const reward = recipeOf(JSON.parse(readFileSync(join(folder, 'atlas-reward.json'), 'utf8')))!
    if (reward.stage !== 'reward') throw new Error('Expected a recipe of a reward model.')
    expect(knownData({ ...reward, reward: { ...reward.reward, source: 'mine' } })).toBeNull()
  })

  it('writes learning rates as papers do', () => {
    expect([0.001, 0.00025, 0.01, 0, 0.0001, 0.3 * 0.0001].map(rate)).toEqual(['1e-3', '2.5e-4', '0.01', '0', '1e-4', '3e-5'])
  })
})

describe('the figures of a card', () => {
  const figure = (name: string, value: number) => ({ name, value, low: value - 0.01, high: value + 0.01, count: 100 })

  it('are those that say most, in the order of the stages, with what they were compared with', () => {
    const rows = figureRows([
      figure('open against atlas-sft: wins against the first', 0.8),
      figure('facts greedy: capital', 0.99),
      figure('facts greedy', 0.97),
      figure('something new', 1),
      figure('open: completion entropy', 7)
    ])
    expect(rows.map(({ key, against, unit, value }) => [key, against, unit, value])).toEqual([
      ['facts greedy', undefined, 'share', 0.97],
      ['open: completion entropy', undefined, 'nats', 7],
      ['open against: wins against the first', 'atlas-sft', 'share', 0.8]
    ])
  })

  it('of the shipped family have their words in both languages', () => {
    const models = join(import.meta.dirname, '../../../../../models')
    for (const name of ['atlas-base', 'atlas-sft', 'atlas-reward', 'atlas-rlhf']) {
      const { figures } = JSON.parse(readFileSync(join(models, name, 'card.json'), 'utf8')) as { figures: Figure[] }
      const rows = figureRows(figures)
      expect(rows.length).toBeGreaterThan(2)
      for (const { key } of rows) for (const { figures: texts } of [english, chinese]) expect(texts.names[key], key).toMatch(/./)
    }
  })
})
