/** Runs through the lab as the page and the command line see them, with the real engine and real files. */
import { mkdtemp, readFile, readdir, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CallInput, CallOutputs, EventName, Events, Method } from '../../../electron/contract/calls.ts'
import type { Recipe, RunProgress } from '../../../electron/contract/training.ts'
import { openLab, type Lab } from '../../../electron/lab/lab.ts'
import { readLog } from '../../../electron/training/run-log.ts'
import { loadCheckpoint } from '../../../electron/training/checkpoint.ts'
import { overrideRecipe } from '../../../electron/training/recipe.ts'

let home: string
let lab: Lab
let events: { event: EventName; payload: Events[EventName] }[]
/** Every line of every run, none left out. */
let lines: { run: string; line: RunProgress }[]

const open = async () => {
  lab = await openLab({ home, threads: 1, host: { host: 'cli', chooseFolder: async () => undefined, reveal: async () => false } })
  events = []
  lines = []
  lab.subscribe((event, payload) => void events.push({ event, payload }))
  lab.runs.onProgress((run, line) => void lines.push({ run, line }))
}
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'gptlab-runs-'))
  await open()
})
afterEach(() => lab.close())

function call<M extends Method>(method: M, input: CallInput<M>): Promise<CallOutputs[M]> {
  return Promise.resolve(lab.handlers[method](input, { signal: new AbortController().signal, progress: () => {} }))
}

/** A model that trains in a moment. */
async function small(...changes: string[]): Promise<Recipe> {
  const recipes = await call('recipes.list', undefined)
  return overrideRecipe(
    recipes.find(recipe => recipe.name === 'sonnets-char')!,
    [
      'model.layers=1',
      'model.heads=2',
      'model.channels=16',
      'model.context=16',
      'batch.size=4',
      'steps=60',
      'evaluation.every=20',
      'evaluation.batches=2',
      'samples.every=30',
      'samples.tokens=20',
      ...changes
    ]
  )
}
/** One that trains until it is asked to stop. */
const endless = (...changes: string[]) => small('steps=1000000', 'optimiser.warmup=0', ...changes)

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setTimeout(resolve, 5))
}
const stepsOf = (run: string) => lines.filter(({ run: of, line }) => of === run && line.kind === 'step').length
const kindsOf = (run: string) =>
  lines
    .filter(({ run: of, line }) => of === run && line.kind !== 'step')
    .map(({ line }) => (line.kind === 'state' ? line.state : line.kind))

describe('a run', () => {
  it('goes from its start to a model that can be loaded', async () => {
    const recipe = await small()
    const run = await call('runs.start', { recipe })
    expect(run).toMatchObject({ name: 'sonnets-char', state: 'running', step: 0, steps: 60, recipe })
    expect(await lab.runs.ended(run.id)).toBe('done')

    expect(kindsOf(run.id)).toEqual([
      'start',
      'running',
      'evaluation',
      'sample',
      'evaluation',
      'sample',
      'evaluation',
      'evaluation',
      'sample',
      'checkpoint',
      'done',
      'done'
    ])
    expect(lines.flatMap(({ line }) => (line.kind === 'step' ? [line.step] : []))).toEqual(
      Array.from({ length: 60 }, (_, i) => i + 1)
    )
    const row = (await call('runs.list', undefined))[0]!
    expect(row).toMatchObject({ id: run.id, state: 'done', step: 60, model: `home:${run.id}`, secondsLeft: 0 })
    expect(row.validationLoss!).toBeLessThan(4.2)

    const model = await lab.models.load(row.model!)
    expect(model.summary).toMatchObject({ kind: 'base', origin: 'trained', run: run.id, inspectable: true })
    expect(model.tokenizer.vocabulary).toBe(61)
    const { card } = await call('models.describe', { model: row.model! })
    expect(card).toMatchObject({
      recipe,
      seed: 1337,
      steps: 60,
      validationLoss: row.validationLoss,
      data: 'Shakespeare’s sonnets'
    })
    expect(card.curve!.steps).toEqual([0, 20, 40, 60])
    expect(events.some(({ event }) => event === 'models')).toBe(true)
  })

  it('pauses, shows its history, goes on and stops with a model', async () => {
    const run = await call('runs.start', { recipe: await endless() })
    await until(() => stepsOf(run.id) > 50)
    const paused = await call('runs.pause', { run: run.id })
    expect(paused.state).toBe('paused')
    const history = await call('runs.history', { run: run.id })
    expect(history.steps.at(-1)).toBe(paused.step)
    expect(history.checkpointSteps.at(-1)).toBe(paused.step)
    await new Promise(resolve => setTimeout(resolve, 100))
    expect((await call('runs.list', undefined))[0]).toMatchObject({ state: 'paused', step: paused.step })

    expect((await call('runs.resume', { run: run.id })).state).toBe('running')
    await until(() => stepsOf(run.id) > paused.step + 20)
    const stopped = await call('runs.stop', { run: run.id })
    expect(stopped.state).toBe('stopped')
    expect(await lab.runs.ended(run.id)).toBe('stopped')
    const row = (await call('runs.list', undefined))[0]!
    expect(row).toMatchObject({ state: 'stopped', model: `home:${run.id}` })
    expect((await lab.models.load(row.model!)).summary.sizes.channels).toBe(16)
    // The model is that of the last step, which has been looked at.
    expect((await call('runs.history', { run: run.id })).evaluationSteps.at(-1)).toBe(row.step)
    for (const method of ['runs.pause', 'runs.stop'] as const)
      await expect(call(method, { run: run.id })).rejects.toMatchObject({ code: 'run-resting', details: { state: 'stopped' } })
  })

  it('that was stopped goes on from where it stood', async () => {
    const recipe = await small('steps=400')
    const run = await call('runs.start', { recipe })
    await until(() => stepsOf(run.id) > 30)
    const { step } = await call('runs.stop', { run: run.id })
    expect(step).toBeLessThan(400)
    await lab.runs.ended(run.id)
    await call('runs.resume', { run: run.id })
    expect(await lab.runs.ended(run.id)).toBe('done')
    const { steps, evaluationSteps } = await call('runs.history', { run: run.id })
    expect([...steps]).toEqual(Array.from({ length: 400 }, (_, i) => i + 1))
    expect(new Set(evaluationSteps).size).toBe(evaluationSteps.length)
    await expect(call('runs.resume', { run: run.id })).rejects.toMatchObject({ code: 'run-done' })
  })

  it('goes on beside another, and each has its own lines', async () => {
    const runs = [
      await call('runs.start', { recipe: await endless() }),
      await call('runs.start', { recipe: await endless('seed=7') })
    ]
    expect(new Set(runs.map(run => run.id)).size).toBe(2)
    await until(() => runs.every(run => stepsOf(run.id) > 200))
    // Their steps alternate rather than follow one another.
    const order = lines.filter(({ line }) => line.kind === 'step').map(({ run }) => run)
    const changes = order.filter((run, i) => i > 0 && run !== order[i - 1]).length
    expect(changes).toBeGreaterThan(2)
    for (const run of runs) {
      await call('runs.stop', { run: run.id })
      await lab.runs.ended(run.id)
      const { steps } = await call('runs.history', { run: run.id })
      expect([...steps]).toEqual(Array.from({ length: steps.length }, (_, i) => i + 1))
    }
    const losses = await Promise.all(
      runs.map(async run => [...(await call('runs.history', { run: run.id })).trainLoss.slice(0, 100)])
    )
    expect(losses[0]).not.toEqual(losses[1])
  })

  it('gives the page every line but the steps between, and these at most ten times a second', async () => {
    const run = await call('runs.start', { recipe: await small('steps=600') })
    await lab.runs.ended(run.id)
    const shown = events.flatMap(({ event, payload }) => (event === 'run' ? [(payload as Events['run']).progress] : []))
    const withoutSteps = (of: readonly RunProgress[]) => of.filter(line => line.kind !== 'step')
    expect(withoutSteps(shown)).toEqual(withoutSteps(lines.map(({ line }) => line)))
    expect(shown.filter(line => line.kind === 'step').at(-1)).toEqual(lines.findLast(({ line }) => line.kind === 'step')!.line)
    expect(shown.filter(line => line.kind === 'step').length).toBeLessThan(300)
  })

  it('goes to the trash and comes back with everything', async () => {
    const run = await call('runs.start', { recipe: await endless() })
    await until(() => stepsOf(run.id) > 10)
    await expect(call('runs.delete', { run: run.id })).rejects.toMatchObject({ code: 'run-going-on' })
    await call('runs.stop', { run: run.id })
    await lab.runs.ended(run.id)
    const before = [(await call('runs.list', undefined))[0]!, await call('runs.history', { run: run.id })]
    const { trash } = await call('runs.delete', { run: run.id })
    expect(await call('runs.list', undefined)).toEqual([])
    await expect(call('runs.history', { run: run.id })).rejects.toMatchObject({ code: 'run-unknown' })
    expect(await call('runs.restore', { trash })).toEqual(before[0])
    expect(await call('runs.history', { run: run.id })).toEqual(before[1])
  })
})

describe('a lab that is closed while a run goes on', () => {
  it('shows the run with its whole curve when it is opened again, and goes on', async () => {
    const run = await call('runs.start', { recipe: await endless() })
    await until(() => stepsOf(run.id) > 100)
    await lab.close()
    expect(kindsOf(run.id).slice(-2)).toEqual(['checkpoint', 'interrupted'])
    const before = lines.flatMap(({ line }) => (line.kind === 'step' ? [line.loss] : []))

    await open()
    const row = (await call('runs.list', undefined))[0]!
    expect(row).toMatchObject({ id: run.id, state: 'interrupted', step: before.length })
    expect([...(await call('runs.history', { run: run.id })).trainLoss]).toEqual(before)

    await call('runs.resume', { run: run.id })
    await until(() => stepsOf(run.id) > 50)
    const after = await call('runs.history', { run: run.id })
    expect([...after.steps.slice(0, before.length + 50)]).toEqual(Array.from({ length: before.length + 50 }, (_, i) => i + 1))
    expect([...after.trainLoss.slice(0, before.length)]).toEqual(before)
    await call('runs.stop', { run: run.id })
  })

  it('leaves a paused run paused', async () => {
    const run = await call('runs.start', { recipe: await endless() })
    await until(() => stepsOf(run.id) > 10)
    const { step } = await call('runs.pause', { run: run.id })
    await lab.close()
    await open()
    expect((await call('runs.list', undefined))[0]).toMatchObject({ state: 'paused', step })
    await call('runs.resume', { run: run.id })
    await until(() => stepsOf(run.id) > 10)
    await call('runs.stop', { run: run.id })
    const { steps } = await call('runs.history', { run: run.id })
    expect([...steps]).toEqual(Array.from({ length: steps.length }, (_, i) => i + 1))
  })
})

describe('a run that fails', () => {
  it('says at which step it diverged and keeps its last good checkpoint', async () => {
    // Decay by more than the whole weight turns weights over and lets them grow: the warm-up comes to that after a while.
    const recipe = await endless(
      'optimiser.learningRate=1',
      'optimiser.weightDecay=10',
      'optimiser.warmup=3000',
      'checkpointSeconds=0.05'
    )
    const run = await call('runs.start', { recipe })
    expect(await lab.runs.ended(run.id)).toBe('failed')
    const { state, failure, model } = (await call('runs.list', undefined))[0]!
    expect([state, failure!.code, model]).toEqual(['failed', 'run-diverged', undefined])
    expect(failure!.message).toContain(`step ${failure!.details['step']}`)
    const checkpoint = Number(failure!.details['checkpoint'])
    const { checkpointSteps } = await call('runs.history', { run: run.id })
    expect(checkpoint).toBe(checkpointSteps.at(-1))
    const { checkpoint: kept } = await loadCheckpoint(join(home, 'runs', run.id, 'checkpoints'))
    expect(kept!.states['model']!.step).toBe(checkpoint)
    for (const values of kept!.states['model']!.parameters.values()) expect(values.every(Number.isFinite)).toBe(true)
  })

  it('is named when the recipe cannot be trained, and leaves no folder', async () => {
    for (const [change, code] of [
      ['model.heads=3', 'graph-heads'],
      ['corpus.source=nothing', 'corpus-unknown'],
      ['corpus.source=bits', 'text-too-short'],
      ['samples.prompt=床前', 'character-unknown'],
      ['optimiser.beta2=1', 'beta-range']
    ] as const)
      await expect(call('runs.start', { recipe: await small(change) })).rejects.toMatchObject({ code })
    expect(await readdir(join(home, 'runs'))).toEqual([])
  })

  it.skipIf(process.platform !== 'linux')('says so when the disk is full, and goes on once there is room', async () => {
    const run = await call('runs.start', { recipe: await small('steps=2000') })
    await call('runs.pause', { run: run.id })
    // The kernel's own full disk stands where the last checkpoint is to be written.
    const place = join(home, 'runs', run.id, 'checkpoints', 'step-000002000.safetensors.tmp')
    await symlink('/dev/full', place)
    await call('runs.resume', { run: run.id })
    expect(await lab.runs.ended(run.id)).toBe('failed')
    expect((await call('runs.list', undefined))[0]).toMatchObject({ state: 'failed', failure: { code: 'disk-full' } })
    await rm(place)
    await call('runs.resume', { run: run.id })
    expect(await lab.runs.ended(run.id)).toBe('done')
    expect((await call('runs.history', { run: run.id })).steps).toHaveLength(2000)
  })
})

describe('damage', () => {
  /** A run that was interrupted, with two checkpoints. */
  const interrupted = async (): Promise<{ id: string; folder: string; steps: number[] }> => {
    const { id } = await call('runs.start', { recipe: await endless('checkpointSeconds=0.05') })
    await until(() => lines.filter(({ line }) => line.kind === 'checkpoint').length >= 2)
    await lab.close()
    await open()
    const folder = join(home, 'runs', id)
    const names = await readdir(join(folder, 'checkpoints'))
    const steps = names.flatMap(name => /^step-(\d+)\.json$/.exec(name)?.[1] ?? []).map(Number)
    expect(steps).toHaveLength(2)
    return { id, folder, steps: steps.sort((a, b) => a - b) }
  }
  const weights = (folder: string, step: number) =>
    join(folder, 'checkpoints', `step-${String(step).padStart(9, '0')}.safetensors`)

  it('of the newest checkpoint costs the work since the one before it', async () => {
    const { id, folder, steps } = await interrupted()
    await truncate(weights(folder, steps[1]!), 1000)
    await call('runs.resume', { run: id })
    await until(() => stepsOf(id) > 0)
    const first = lines.find(({ line }) => line.kind === 'step')!.line as Extract<RunProgress, { kind: 'step' }>
    expect(first.step).toBe(steps[0]! + 1)
    expect((await readdir(join(folder, 'checkpoints'))).filter(name => name.includes('.damaged-'))).toHaveLength(2)
    await call('runs.stop', { run: id })
    const { steps: all } = await call('runs.history', { run: id })
    expect([...all]).toEqual(Array.from({ length: all.length }, (_, i) => i + 1))
  })

  it('of all checkpoints is said before anything of the run is given up', async () => {
    const { id, folder, steps } = await interrupted()
    for (const step of steps) await truncate(weights(folder, step), 1000)
    const log = await readLog(join(folder, 'log.jsonl'))
    await call('runs.resume', { run: id })
    expect(await lab.runs.ended(id)).toBe('failed')
    const row = (await call('runs.list', undefined))[0]!
    expect(row.failure).toMatchObject({ code: 'checkpoints-damaged' })
    expect((await readLog(join(folder, 'log.jsonl'))).lines.slice(0, log.lines.length)).toEqual(log.lines)
    // The person resumes nevertheless: it starts anew.
    await call('runs.resume', { run: id })
    await until(() => stepsOf(id) > 0)
    expect(lines.find(({ line }) => line.kind === 'step')!.line).toMatchObject({ step: 1 })
    await call('runs.stop', { run: id })
  })

  it.each(['recipe.json', 'run.json', 'tokenizer.json'])('of %s is named when the run is asked for', async name => {
    const { id, folder } = await interrupted()
    await writeFile(join(folder, name), '{"name":')
    await open()
    await expect(call('runs.resume', { run: id })).rejects.toMatchObject(
      name === 'tokenizer.json' ? { code: 'tokenizer-unreadable' } : { code: 'run-damaged', details: { file: name } }
    )
    // The other runs are there all the same, and the damaged one stays as it is.
    expect((await call('runs.list', undefined)).length).toBe(name === 'tokenizer.json' ? 1 : 0)
    expect(await readFile(join(folder, name), 'utf8')).toBe('{"name":')
  })

  it('of the text is found: a run goes on with the text that it was started with only', async () => {
    await call('corpora.add', { name: 'mine.txt', bytes: new TextEncoder().encode('to be or not to be '.repeat(200)) })
    const { id } = await call('runs.start', { recipe: await endless('corpus.source=mine', 'samples.prompt=to be') })
    await until(() => stepsOf(id) > 10)
    await lab.close()
    await open()
    await writeFile(join(home, 'corpora', 'mine.txt'), 'or not to be to be '.repeat(200))
    await expect(call('runs.resume', { run: id })).rejects.toMatchObject({ code: 'corpus-changed', details: { corpus: 'mine' } })
    await call('corpora.delete', { corpus: 'mine' })
    await expect(call('runs.resume', { run: id })).rejects.toMatchObject({ code: 'corpus-unknown' })
  })
})

describe('names from outside', () => {
  it.each(['', '..', '../models', 'nothing', '/etc'])('lead nowhere: %j', async run => {
    for (const method of ['runs.history', 'runs.resume', 'runs.delete', 'runs.pause'] as const)
      await expect(call(method, { run })).rejects.toMatchObject({ code: 'run-unknown' })
  })
})
