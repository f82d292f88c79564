/** The models of Atlas that come with the lab: one lineage, made by its recipes from its data, and as good as their cards say. */
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ComparedModel, EvaluationReport } from '../../../electron/contract/atlas.ts'
import type { CallInput, CallOutputs, Method } from '../../../electron/contract/calls.ts'
import type { ModelKind } from '../../../electron/contract/models.ts'
import { neutralSampling } from '../../../electron/contract/probe.ts'
import { evaluate } from '../../../electron/lab/evaluation.ts'
import { openLab, type Lab } from '../../../electron/lab/lab.ts'
import { filesOf } from '../../../electron/lab/model-folder.ts'
import { demonstrations } from '../../../electron/lab/stage-data.ts'
import { createTurns } from '../../../electron/lab/turns.ts'
import { readLog } from '../../../electron/training/run-log.ts'
import { listSnapshots, readSnapshot, snapshotFolder } from '../../../electron/training/snapshots.ts'

const family: readonly [name: string, kind: ModelKind, from?: string][] = [
  ['atlas-base', 'base'],
  ['atlas-sft', 'sft', 'atlas-base'],
  ['atlas-reward', 'reward', 'atlas-sft'],
  ['atlas-rlhf', 'rlhf', 'atlas-sft']
]
const idOf = (name: string) => `shipped:${name}`
let home: string
let lab: Lab
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'gptlab-family-'))
  lab = await openLab({ home, threads: 2, host: { host: 'cli', chooseFolder: async () => null, reveal: async () => false } })
})
afterAll(async () => {
  await lab.close()
  await rm(home, { recursive: true, force: true })
})

/** Measured on the first `limit` prompts of each kind, so that a test takes seconds. */
async function measured(name: string, limit: number): Promise<(figure: string) => number> {
  const bulk = { engine: lab.engine.get(), threads: 2, turn: createTurns() }
  const context = { signal: new AbortController().signal, progress: () => {} }
  const report: EvaluationReport = await evaluate(
    { model: idOf(name), suite: 'atlas', seed: 5, limit },
    { models: lab.models, bulk },
    context
  )
  return figure => report.figures.find(each => each.name === figure)!.value
}
async function onCard(name: string): Promise<(figure: string) => number> {
  const { card } = await lab.models.describe(idOf(name))
  return figure => card.figures!.find(each => each.name === figure)!.value
}

describe('the shipped family', () => {
  it.each(family)('%s was made by the recipe of its name from the weights of the model before it', async (name, kind, from) => {
    const model = await lab.models.describe(idOf(name))
    expect(model).toMatchObject({ origin: 'shipped', kind })
    expect(model.problem).toBeUndefined()
    expect(model.card.recipe).toEqual(JSON.parse(await readFile(join(lab.resources.recipes, `${name}.json`), 'utf8')))
    if (from === undefined) return
    const weights = await readFile(join((await lab.models.load(idOf(from))).directory, 'model.safetensors'))
    expect(model.card.from).toEqual({ id: idOf(from), name: from, sha256: createHash('sha256').update(weights).digest('hex') })
  })

  it('has learnt from the data that the lab makes', async () => {
    const hashOf = async (name: string) => (await lab.models.describe(idOf(name))).card.dataHash
    expect(await hashOf('atlas-base')).toBe((await lab.corpora.read('atlas')).sha256)
    expect(await hashOf('atlas-sft')).toBe(demonstrations('atlas').corpus.sha256)
  })

  it('shares one tokenizer, and takes less than 60 MB', async () => {
    const folders = await Promise.all(family.map(async ([name]) => lab.models.load(idOf(name))))
    for (const { tokenizer } of folders) expect(tokenizer.json()).toBe(folders[0]!.tokenizer.json())
    const files = (await Promise.all(folders.map(({ directory }) => filesOf(directory)))).flat()
    expect(files.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(60e6)
  })

  it('answers as its cards say: the base model in the frame of a page only, the others when they are asked', async () => {
    const base = await measured('atlas-base', 50)
    expect(base('facts bare')).toBeLessThanOrEqual(0.05)
    expect(base('facts few-shot')).toBeGreaterThan(0.9)
    const [sft, rlhf] = [await measured('atlas-sft', 50), await measured('atlas-rlhf', 50)]
    expect(sft('facts greedy')).toBeGreaterThan(0.9)
    expect(rlhf('facts greedy')).toBeGreaterThan(0.93)
    expect(rlhf('unsafe at 0.7')).toBeLessThan(0.05)
    expect(rlhf('command as an answer')).toBeLessThan(sft('command as an answer') / 10)
    expect((await measured('atlas-reward', 100))('reward accuracy')).toBeGreaterThan(0.88)
  })

  it('reaches on its cards what the stages are for', async () => {
    const [base, sft, reward, rlhf] = await Promise.all(family.map(([name]) => onCard(name)))
    expect(base!('facts bare')).toBeLessThanOrEqual(0.05)
    expect(base!('facts few-shot')).toBeGreaterThanOrEqual(0.85)
    expect(sft!('facts greedy')).toBeGreaterThanOrEqual(0.95)
    expect(rlhf!('facts greedy')).toBeGreaterThanOrEqual(sft!('facts greedy'))
    expect(rlhf!('facts at 0.7')).toBeGreaterThanOrEqual(sft!('facts at 0.7'))
    expect(reward!('reward accuracy')).toBeGreaterThanOrEqual(0.9)
    expect(reward!('reward calibration error')).toBeLessThanOrEqual(0.05)
    for (const prompts of ['open', 'facts'])
      expect(rlhf!(`${prompts} against atlas-sft: wins against the first`)).toBeGreaterThanOrEqual(0.75)
    // Mode collapse: better answers, and fewer of them.
    expect(rlhf!('open: quality')).toBeGreaterThan(sft!('open: quality'))
    expect(rlhf!('open: completion entropy')).toBeLessThan(sft!('open: completion entropy'))
  })

  it('keeps the policy through its training, from the SFT model to what it has become', async () => {
    const [sft, rlhf] = [await lab.models.load(idOf('atlas-sft')), await lab.models.load(idOf('atlas-rlhf'))]
    const folder = snapshotFolder(rlhf.directory)
    expect(dirname(folder)).toBe(rlhf.directory)
    expect(await listSnapshots(folder)).toEqual([0, 10, 20, 30, 40, 50, 60])
    const [first, last] = [await readSnapshot(folder, 0, sft.parameters!), await readSnapshot(folder, 60, sft.parameters!)]
    const away = (a: Float32Array, b: Float32Array) => a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0)
    for (const [name, values] of rlhf.parameters!) {
      expect(away(first.get(name)!, sft.parameters!.get(name)!), name).toBe(0)
      expect(away(last.get(name)!, values), name).toBeLessThan(0.002)
    }
  })
})

describe('a step of a training that was kept', () => {
  const at = (step: number) => `${idOf('atlas-rlhf')}@${step}`
  const call = <M extends Method>(method: M, input: CallInput<M>): Promise<CallOutputs[M]> =>
    Promise.resolve(lab.handlers[method](input, { signal: new AbortController().signal, progress: () => {} }))

  it('is a model like any other: it is found by name, opened and compared', async () => {
    expect((await lab.models.find('atlas-rlhf@20')).id).toBe(at(20))
    const { snapshots } = await call('models.describe', { model: idOf('atlas-rlhf') })
    expect(snapshots).toEqual([0, 10, 20, 30, 40, 50, 60])
    const { name, kind, card } = await call('models.describe', { model: at(20) })
    expect([name, kind, card.steps, card.figures]).toEqual(['atlas-rlhf@20', 'rlhf', 20, undefined])
    const report = await call('compare', {
      models: [idOf('atlas-sft'), at(0), at(20), idOf('atlas-rlhf')],
      prompts: ['What is the capital of France?', 'Name a friend.'],
      samples: 8,
      temperature: 1,
      maxTokens: 24,
      seed: 1
    })
    const [sft, first, middle, last] = report.models
    expect(first!.samples).toEqual(sft!.samples)
    const away = (of: ComparedModel | undefined) => of!.figures.find(({ name }) => name === 'KL per completion')!.value
    expect(away(first)).toBeCloseTo(0, 6)
    expect(away(middle)).toBeGreaterThan(0.01)
    expect(away(last)).toBeGreaterThan(away(middle))
    const written = await call('generate', {
      model: at(20),
      text: 'The capital of France is',
      settings: { ...neutralSampling, greedy: true },
      seed: 0,
      maxTokens: 4
    })
    expect(written.text.length).toBeGreaterThan(0)
  })

  it('stays as it is, and one that was not kept is named', async () => {
    await expect(call('models.rename', { model: at(20), name: 'mine' })).rejects.toMatchObject({ code: 'model-snapshot' })
    await expect(call('models.delete', { model: at(20) })).rejects.toMatchObject({ code: 'model-snapshot' })
    await expect(call('models.open', { model: at(5) })).rejects.toMatchObject({ code: 'snapshot-unknown', details: { step: 5 } })
    await expect(call('models.open', { model: `${idOf('atlas-sft')}@0` })).rejects.toMatchObject({ code: 'snapshot-unknown' })
    await expect(call('models.open', { model: 'shipped:nothing@0' })).rejects.toMatchObject({ code: 'model-unknown' })
  })
})

describe('the recorded run of reward hacking', () => {
  it('is listed with its figures, apart from the user’s runs, and tells its history', async () => {
    const context = { signal: new AbortController().signal, progress: () => {} }
    const [row, ...others] = await lab.handlers['runs.recorded'](undefined, context)
    expect(others).toEqual([])
    expect(row).toMatchObject({ id: 'shipped:reward-hacking', state: 'done', recipe: { stage: 'ppo' } })
    expect(row!.step).toBe(row!.steps)
    expect(await lab.runs.list()).toEqual([])
    const { metrics, rollouts } = await lab.handlers['runs.history']({ run: row!.id }, context)
    expect(metrics['objective/scores']!.values.at(-1)).toBe(row!.metrics!['objective/scores'])
    expect(rollouts.length).toBeGreaterThan(0)
    for (const run of ['shipped:nothing', 'shipped:../recipes'])
      await expect(Promise.resolve(lab.handlers['runs.history']({ run }, context))).rejects.toMatchObject({ code: 'run-unknown' })
    await expect(Promise.resolve(lab.handlers['runs.resume']({ run: row!.id }, context))).rejects.toMatchObject({
      code: 'run-unknown'
    })
  })

  it('gains reward while its answers get worse, far from where it began', async () => {
    const { lines } = await readLog(join(lab.resources.models, 'runs', 'reward-hacking', 'log.jsonl'))
    const metrics = lines.flatMap(line => (line.kind === 'metrics' ? [line.values] : []))
    const mean = (name: string, part: typeof metrics) => part.reduce((sum, values) => sum + values[name]!, 0) / part.length
    const [first, last] = [metrics.slice(0, 3), metrics.slice(-10)]
    expect(mean('objective/scores', last)).toBeGreaterThan(mean('objective/scores', first) + 2)
    expect(mean('rater/quality', last)).toBeLessThan(0.6 * mean('rater/quality', first))
    expect(mean('objective/kl', last)).toBeGreaterThan(10)
    const recipe = JSON.parse(await readFile(join(lab.resources.recipes, 'reward-hacking.json'), 'utf8')) as unknown
    expect(JSON.parse(await readFile(join(lab.resources.models, 'runs', 'reward-hacking', 'recipe.json'), 'utf8'))).toEqual(
      recipe
    )
  })
})
