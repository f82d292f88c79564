/** The later stages as runs of the lab: each from a model of the right kind, with Atlas's data, to a model of its own kind. */
import { readFile, writeFile } from 'node:fs/promises'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Method, CallInput, CallOutputs } from '../../../electron/contract/calls.ts'
import type { Recipe, RunProgress, RunSummary } from '../../../electron/contract/training.ts'
import { chatTokens, encodeForReward } from '../../../electron/corpora/chat.ts'
import { readComparisons } from '../../../electron/corpora/preferences.ts'
import { rewardGraph } from '../../../electron/graph/heads.ts'
import { openLab, type Lab } from '../../../electron/lab/lab.ts'
import { overrideRecipe } from '../../../electron/training/recipe.ts'

let lab: Lab
let home: string
/** Ids of the models that the stages made, by stage. */
const models = new Map<string, string>()
const host = { host: 'cli', chooseFolder: async () => undefined, reveal: async () => false } as const

async function call<M extends Method>(method: M, input: CallInput<M>): Promise<CallOutputs[M]> {
  return lab.handlers[method](input, { signal: new AbortController().signal, progress: () => {} })
}

/** A shipped recipe that takes a second. */
async function small(name: string, ...changes: string[]): Promise<Recipe> {
  const shipped = (await call('recipes.list', undefined)).find(recipe => recipe.name === name)!
  const short = ['steps=6', 'evaluation.every=3', 'evaluation.batches=1', 'batch.size=4', 'optimiser.warmup=0']
  return overrideRecipe(shipped, [...short, ...changes])
}
const base = () => small('lesson-base', 'model.layers=1', 'model.heads=2', 'model.channels=16', 'tokenizer.vocabulary=600')
const from = (stage: string) => `from=${models.get(stage)!}`
const judging = (stage: string) => [`${stage}.prompts=6`, `${stage}.written=12`, `${stage}.tokens=6`, `${stage}.heldOut=0.3`]

async function train(recipe: Recipe): Promise<RunSummary> {
  const { id } = await call('runs.start', { recipe })
  expect(await lab.runs.ended(id)).toBe('done')
  const row = await lab.runs.summary(id)
  models.set(recipe.stage, row.model!)
  return row
}

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'gptlab-stages-'))
  lab = await openLab({ home, host, threads: 1 })
  await train(await base())
  await train(await small('lesson-sft', from('pretrain'), 'samples.every=3'))
  await train(await small('lesson-reward', from('sft'), ...judging('reward')))
  await train(await small('atlas-dpo', from('sft'), ...judging('dpo')))
  await train(await small('atlas-classify', from('pretrain')))
}, 120_000)
afterAll(() => lab.close())

describe('the stages', () => {
  it('make models of their kinds, of one lineage, with what they were made from', async () => {
    const described = await Promise.all(
      [...models].map(async ([stage, id]) => [stage, await call('models.describe', { model: id })] as const)
    )
    expect(described.map(([stage, { kind, inspectable }]) => [stage, kind, inspectable])).toEqual([
      ['pretrain', 'base', true],
      ['sft', 'sft', true],
      ['reward', 'reward', false],
      ['dpo', 'rlhf', true],
      ['classify', 'base', false]
    ])
    const parents = { sft: 'pretrain', reward: 'sft', dpo: 'sft', classify: 'pretrain' }
    for (const [stage, { card }] of described) {
      if (stage === 'pretrain') continue
      const parent = models.get(parents[stage as keyof typeof parents])!
      expect(card.from, stage).toMatchObject({ id: parent, sha256: (await lab.models.load(parent)).key })
      expect(card.dataHash, stage).toMatch(/^[0-9a-f]{64}$/)
      expect(card.licence, stage).toContain('Open Database License')
      expect(card.recipe, stage).toMatchObject({ stage, from: parent })
      expect(card.steps, stage).toBe(6)
    }
    const tokenizers = await Promise.all(
      described.map(([, { directory }]) => readFile(join(directory, 'tokenizer.json'), 'utf8'))
    )
    expect(new Set(tokenizers).size).toBe(1)
    const { tokenizer } = await lab.models.load(models.get('sft')!)
    expect([...tokenizer.special.keys()]).toEqual([...chatTokens])
  })

  it('have their measures in the history, in the row and on the card', async () => {
    for (const [stage, name] of [
      ['reward', 'eval/accuracy'],
      ['dpo', 'rewards/accuracies'],
      ['classify', 'eval/accuracy']
    ] as const) {
      const { run, card } = await call('models.describe', { model: models.get(stage)! })
      const { metrics } = await call('runs.history', { run: run! })
      expect([...metrics[name]!.steps], stage).toEqual([0, 3, 6])
      const { metrics: row } = await lab.runs.summary(run!)
      expect(row![name], stage).toBe(metrics[name]!.values.at(-1))
      expect(card.metrics, stage).toEqual(row)
    }
  })

  it('of a chat model end its answers with its turn, and not only with a document', async () => {
    const { endTokens, tokenizer } = await lab.models.load(models.get('dpo')!)
    expect(endTokens.map(id => tokenizer.text(id))).toEqual(['<|end|>', '<|endoftext|>'])
    const { samples } = await call('runs.history', { run: (await lab.models.summary(models.get('sft')!)).run! })
    expect(samples.map(({ step }) => step)).toEqual([0, 3, 6])
  })

  it('keep the comparisons that they learn from beside the run', async () => {
    const { run } = await lab.models.summary(models.get('reward')!)
    const comparisons = readComparisons(await readFile((await lab.runs.folder(run!)).comparisons, 'utf8'), 'comparisons.jsonl')
    expect(comparisons).toHaveLength(18)
    expect(comparisons.every(({ completions }) => completions.length > 1)).toBe(true)
    // The same recipe asks the same model the same: the data hash is the seed's.
    const again = await train(await small('lesson-reward', from('sft'), ...judging('reward')))
    const hashes = await Promise.all(
      [run!, again.id].map(async id => {
        const record = JSON.parse(await readFile((await lab.runs.folder(id)).record, 'utf8')) as { corpus: { sha256: string } }
        return record.corpus.sha256
      })
    )
    expect(hashes[0]).toBe(hashes[1])
  })

  it('take comparisons that a person has added, too', async () => {
    const lines = Array.from({ length: 8 }, (_, i) =>
      JSON.stringify({ prompt: `q${i % 4}`, completions: ['yes', 'no'], ranks: [i % 2, 1 - (i % 2)], rater: 'me' })
    ).join('\n')
    await call('corpora.add', { name: 'mine.jsonl', bytes: new TextEncoder().encode(lines) })
    const { id } = (await call('corpora.list', undefined)).find(({ origin }) => origin === 'added')!
    const { run } = await lab.models.summary(
      (await train(await small('lesson-reward', from('sft'), `reward.source=${id}`))).model!
    )
    expect(readComparisons(await readFile((await lab.runs.folder(run!)).comparisons, 'utf8'), '')).toHaveLength(8)
  })
})

describe('a run that gathers what it learns from', () => {
  const gathering = async () => small('lesson-reward', from('sft'), ...judging('reward'), 'reward.prompts=60')
  /** Hears of a run as soon as it has begun: what is asked of it then comes between two pieces of the gathering. */
  const atFirst = (ask: (run: string) => void) => {
    const end = lab.runs.onProgress((run, progress) => {
      if (progress.kind !== 'preparing') return
      end()
      ask(run)
    })
  }
  const comparisonsOf = async (id: string) => readFile((await lab.runs.folder(id)).comparisons, 'utf8')

  it('says how far it is, and can be stopped, paused and gone on with: what comes out is the same', async () => {
    const said: RunProgress[] = []
    const end = lab.runs.onProgress((_, progress) => said.push(progress))
    const alone = await train(await gathering())
    end()
    const shares = said.flatMap(line => (line.kind === 'preparing' ? [line.done / line.total] : []))
    expect(shares.length).toBeGreaterThan(2)
    expect(shares).toEqual([...shares].sort((a, b) => a - b))
    expect(said.findIndex(({ kind }) => kind === 'start')).toBeGreaterThan(said.findLastIndex(({ kind }) => kind === 'preparing'))

    atFirst(run => void lab.runs.stop(run))
    const begun = await call('runs.start', { recipe: await gathering() })
    expect(begun.state).toBe('preparing')
    expect(await lab.runs.ended(begun.id)).toBe('stopped')
    expect((await lab.runs.summary(begun.id)).state).toBe('stopped')
    await expect(comparisonsOf(begun.id)).rejects.toThrow('ENOENT')

    let paused: Promise<RunSummary> | undefined
    atFirst(run => (paused = lab.runs.pause(run)))
    await call('runs.resume', { run: begun.id })
    await expect.poll(async () => (await paused)?.state).toBe('paused')
    expect((await lab.runs.summary(begun.id)).prepared).toBe(0)
    expect((await call('runs.resume', { run: begun.id })).state).toBe('preparing')
    expect(await lab.runs.ended(begun.id)).toBe('done')
    expect(await comparisonsOf(begun.id)).toBe(await comparisonsOf(alone.id))
    const [whole, resumed] = await Promise.all([alone.id, begun.id].map(id => lab.runs.summary(id)))
    expect(resumed!.prepared).toBeUndefined()
    expect((await lab.models.load(resumed!.model!)).key).toBe((await lab.models.load(whole!.model!)).key)
  })

  it('is interrupted when the lab closes, and gathers again in the next', async () => {
    const other = await openLab({ home, host, threads: 1 })
    let closing: Promise<void> | undefined
    const end = other.runs.onProgress((_, { kind }) => {
      if (kind === 'preparing') closing ??= other.close()
    })
    const { id } = await other.handlers['runs.start'](
      { recipe: await gathering() },
      { signal: new AbortController().signal, progress: () => {} }
    )
    await expect.poll(() => closing !== undefined).toBe(true)
    await closing
    end()
    expect(await lab.runs.summary(id)).toMatchObject({ state: 'interrupted', step: 0 })
    await call('runs.resume', { run: id })
    expect(await lab.runs.ended(id)).toBe('done')
  })
})

describe('a stage', () => {
  it.each([
    ['sft', 'lesson-sft', 'sft'],
    ['reward', 'lesson-reward', 'pretrain'],
    ['reward', 'lesson-reward', 'reward'],
    ['dpo', 'atlas-dpo', 'pretrain'],
    ['classify', 'atlas-classify', 'reward'],
    ['sft', 'lesson-sft', 'classify']
  ])('%s (%s) does not start from a model of the stage %s', async (stage, recipe, parent) => {
    await expect(call('runs.start', { recipe: await small(recipe, from(parent)) })).rejects.toMatchObject({
      code: 'stage-wrong-model',
      details: { stage, received: { pretrain: 'base', sft: 'sft', reward: 'reward', classify: 'classifier' }[parent] }
    })
  })

  it('does not start from a model whose tokenizer has no chat', async () => {
    await expect(call('runs.start', { recipe: await small('lesson-sft', 'from=sonnets-char') })).rejects.toMatchObject({
      code: 'tokenizer-foreign'
    })
  })

  it('names a model and data that are not there', async () => {
    await expect(call('runs.start', { recipe: await small('lesson-sft', 'from=nothing') })).rejects.toMatchObject({
      code: 'model-unknown'
    })
    const nowhere = await small('lesson-sft', from('pretrain'), 'sft.source=nowhere')
    await expect(call('runs.start', { recipe: nowhere })).rejects.toMatchObject({ code: 'data-unknown' })
  })

  it('goes on after the lab was closed, from the same model only', async () => {
    const recipe = await small('lesson-reward', from('sft'), ...judging('reward'), 'steps=100000')
    const { id } = await call('runs.start', { recipe })
    await new Promise<void>(resolve => {
      const end = lab.runs.onProgress((_, line) => {
        if (line.kind !== 'step' || line.step < 20) return
        end()
        resolve()
      })
    })
    await lab.close()
    lab = await openLab({ home, host, threads: 1 })
    const { step, state } = await lab.runs.summary(id)
    expect(state).toBe('interrupted')
    await call('runs.resume', { run: id })
    await call('runs.stop', { run: id })
    await lab.runs.ended(id)
    const { steps } = await call('runs.history', { run: id })
    expect(steps.length).toBeGreaterThanOrEqual(step)
    expect([...steps]).toEqual(Array.from({ length: steps.length }, (_, i) => i + 1))

    const { directory } = await call('models.describe', { model: models.get('sft')! })
    const weights = await readFile(join(directory, 'model.safetensors'))
    const changed = Uint8Array.from(weights)
    changed[changed.length - 3]! ^= 1
    await writeFile(join(directory, 'model.safetensors'), changed)
    await expect(call('runs.resume', { run: id })).rejects.toMatchObject({ code: 'model-changed', details: { run: id } })
    await writeFile(join(directory, 'model.safetensors'), weights)
  })
})

describe('a reward model', () => {
  const prompt = 'What is the capital of France?'
  const completions = ['Paris.', 'What a silly question. The capital of France is Paris.']

  it('scores completions as its graph does, each alone', async () => {
    const { scores } = await call('score', { model: models.get('reward')!, prompt, completions })
    const { config, tokenizer, parameters } = await lab.models.load(models.get('reward')!)
    if (config.form !== 'lab') throw new Error('Expected a model of the lab.')
    for (const [i, completion] of completions.entries()) {
      const { tokens, at } = encodeForReward(tokenizer, prompt, completion)
      const plan = lab.engine.get().compile(rewardGraph(config.gpt), { batch: 1, length: tokens.length, threads: 1 })
      await plan.writeParameters(parameters!)
      expect(scores[i]).toBeCloseTo((await plan.outputs({ tokens }, 'scores'))[at]!, 5)
      await plan.close()
    }
    expect(scores[0]).not.toBe(scores[1])
  })

  it('cannot chat, and no other model can score', async () => {
    const context = { settings: { greedy: true, repetitionPenalty: 1, noRepeatNgram: 0, temperature: 1, topK: 0, topP: 1 } }
    await expect(
      call('generate', { model: models.get('reward')!, text: prompt, seed: 1, maxTokens: 4, ...context })
    ).rejects.toMatchObject({ code: 'model-no-chat' })
    await expect(call('score', { model: models.get('sft')!, prompt, completions })).rejects.toMatchObject({
      code: 'model-no-score'
    })
    await expect(
      call('score', { model: models.get('reward')!, prompt, completions: ['word '.repeat(300)] })
    ).rejects.toMatchObject({ code: 'context-too-long' })
  })
})
