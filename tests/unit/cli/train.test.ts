import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RunProgress } from '../../../electron/contract/training.ts'
import { gptGraph } from '../../../electron/graph/gpt.ts'
import { checkParameters } from '../../../electron/graph/parameters.ts'
import { decodeSafetensors } from '../../../electron/graph/safetensors.ts'
import { buildCommandLine, tiny, type CommandLine, type Running } from './command-line.ts'

let gptlab: CommandLine
beforeAll(async () => void (gptlab = await buildCommandLine()))
afterAll(() => gptlab.remove())

type Line = RunProgress
type Done = Extract<RunProgress, { kind: 'done' }>
const of = <K extends Line['kind']>(lines: readonly Line[], kind: K) =>
  lines.filter((line): line is Extract<Line, { kind: K }> => line.kind === kind)

async function train(...words: string[]): Promise<Line[]> {
  return (await gptlab.json([...tiny, ...words])) as unknown as Line[]
}

const weights = async (model: string) =>
  createHash('sha256')
    .update(await readFile(join(model, 'model.safetensors')))
    .digest('hex')

/** Resolves once a run has printed a line that `wanted` accepts. */
async function until(running: Running, wanted: (line: Line) => boolean): Promise<Line> {
  for (;;) {
    const whole = running.output().split('\n').slice(0, -1)
    const found = whole.map(line => JSON.parse(line) as Line).find(wanted)
    if (found) return found
    if (running.child.exitCode !== null) throw new Error(`It ended first: ${(await running.ended).errors}`)
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}

async function runOf(state: string): Promise<string> {
  const [{ runs }] = (await gptlab.json(['runs'])) as unknown as [{ runs: { id: string; state: string }[] }]
  const found = runs.find(run => run.state === state)
  if (!found) throw new Error(`No run is ${state}: ${JSON.stringify(runs.map(run => run.state))}`)
  return found.id
}

describe('gptlab train', { timeout: 120_000 }, () => {
  it('prints every line of the run and ends with what came out', async () => {
    const out = join(gptlab.home, 'my model')
    const lines = await train('--steps=60', '--seed=5', '--out', out)
    expect(lines[0]).toMatchObject({ kind: 'start', step: 0 })
    expect(of(lines, 'step').map(line => line.step)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1))
    expect(of(lines, 'evaluation').map(line => line.step)).toEqual([0, 20, 40, 60])
    expect(of(lines, 'sample').map(line => line.step)).toEqual([0, 20, 40, 60])
    const done = lines.at(-1) as Done
    expect(Object.keys(done)).toEqual(['kind', 'run', 'model', 'steps', 'trainLoss', 'validationLoss', 'tokensPerSecond'])
    expect(done).toMatchObject({ kind: 'done', model: out, steps: 60 })
    expect(done.tokensPerSecond).toBeGreaterThan(0)
    const last = of(lines, 'evaluation').at(-1)!
    expect([done.trainLoss, done.validationLoss]).toEqual([last.trainLoss, last.validationLoss])
    // It has learnt: the untrained model knows no more than the size of its alphabet.
    expect(of(lines, 'evaluation')[0]!.trainLoss - done.trainLoss).toBeGreaterThan(0.5)

    const config = JSON.parse(await readFile(join(out, 'config.json'), 'utf8')) as Record<string, number>
    expect(config).toMatchObject({ n_layer: 2, n_head: 2, n_embd: 32, n_positions: 32 })
    const { tensors } = decodeSafetensors(await readFile(join(out, 'model.safetensors')))
    const shape = { layers: 2, heads: 2, channels: 32, context: 32, bias: false, tied: true, dropout: 0 }
    const graph = gptGraph({ ...shape, bias: tensors.has('transformer.ln_f.bias'), vocabulary: config['vocab_size']! })
    checkParameters(graph, new Map([...tensors].map(([name, { values }]) => [name, values as Float32Array])))
    const card = JSON.parse(await readFile(join(out, 'card.json'), 'utf8')) as Record<string, unknown>
    expect(card).toMatchObject({ run: done.run, seed: 5, steps: 60, trainLoss: done.trainLoss })

    const [{ runs }] = (await gptlab.json(['runs'])) as [{ runs: unknown[] }]
    expect(runs).toContainEqual(expect.objectContaining({ id: done.run, state: 'done', step: 60, trainLoss: done.trainLoss }))
    const [{ models }] = (await gptlab.json(['models'])) as [{ models: unknown[] }]
    expect(models).toContainEqual(expect.objectContaining({ id: `home:${done.run}`, origin: 'trained', run: done.run }))
  })

  it('gives the same bytes for the same seed, whatever the threads, and others for another', async () => {
    const models = []
    for (const words of [['--seed=1'], ['--seed=1', '--threads=1'], ['--seed=2']])
      models.push(((await train('--steps=20', ...words)).at(-1) as Done).model)
    const [first, again, other] = await Promise.all(models.map(weights))
    expect(again).toBe(first)
    expect(other).not.toBe(first)
  })

  it('trains on a text file that the user has, by a recipe file', async () => {
    const text = 'to be or not to be, that is the question\n'.repeat(200)
    await writeFile(join(gptlab.home, 'hamlet.txt'), text)
    const recipes = join(import.meta.dirname, '../../../models/recipes')
    const recipe = JSON.parse(await readFile(join(recipes, 'shakespeare-char-cpu.json'), 'utf8')) as object
    await writeFile(join(gptlab.home, 'mine.json'), JSON.stringify({ ...recipe, name: 'mine' }))
    const words = ['train', '--recipe=mine.json', '--corpus=hamlet.txt', '--steps=5', '--threads=2', '--set=samples.tokens=5']
    const lines = (await gptlab.json([...words, '--set=samples.prompt=to be'])) as unknown as Line[]
    const done = lines.at(-1) as Done
    expect(done).toMatchObject({ kind: 'done', steps: 5 })
    expect(done.run).toMatch(/^mine-/)
    const tokenizer = JSON.parse(await readFile(join(done.model, 'tokenizer.json'), 'utf8')) as {
      model: { vocab: Record<string, number> }
    }
    expect(Object.keys(tokenizer.model.vocab).sort()).toEqual([...new Set(text)].sort())
  })

  it('overwrites nothing of the user with --out', async () => {
    const out = join(gptlab.home, 'thesis')
    await mkdir(out)
    await writeFile(join(out, 'chapter-1.txt'), 'three years of work')
    const { code, errors } = await gptlab.run([...tiny, '--out', out, '--json'])
    expect({ code, failure: JSON.parse(errors) as unknown }).toMatchObject({ code: 1, failure: { code: 'out-taken' } })
    expect(await readdir(out)).toEqual(['chapter-1.txt'])
  })

  it('fails when training diverges, saying at which step', async () => {
    const { code, errors } = await gptlab.run([
      ...[...tiny, '--steps=400', '--json', '--set=optimiser.clip=0', '--set=optimiser.warmup=0'],
      ...['--set=optimiser.learningRate=10', '--set=optimiser.minimumLearningRate=10', '--set=optimiser.beta2=0.1']
    ])
    const failure = JSON.parse(errors) as { details: { step: number } }
    expect({ code, failure }).toMatchObject({ code: 1, failure: { kind: 'failure', code: 'run-diverged' } })
    expect(failure.details.step).toBeGreaterThan(0)
  })

  it('speaks to people: header, evaluations, samples, a curve and the result', async () => {
    const { code, output, errors } = await gptlab.run([...tiny, '--steps=60'])
    expect({ code, errors }).toEqual({ code: 0, errors: '' })
    expect(output).toMatch(/^sonnets-char [\d,]+ parameters · \w+ · 2 threads · sonnets-char-/)
    for (const step of [0, 20, 40, 60]) expect(output).toMatch(new RegExp(`step +${step} +train \\d\\.\\d{4} +validation \\d`))
    expect(output).toMatch(/ {2}│ Shall I/)
    expect(output).toMatch(/\d\.\d\d ┤[\u2800-\u28ff]/)
    expect(output).toMatch(/Done\. 60 steps · train \d\.\d{4} · validation \d\.\d{4} · [\d,]+ tokens\/s\nModel: /)
    expect(output).not.toContain('\u001b')
  })
})

describe('a run that was interrupted', { timeout: 240_000 }, () => {
  const long = ['--steps=400', '--seed=9', '--set=checkpointSeconds=0.1', '--set=model.dropout=0.1']

  it('keeps a checkpoint at Ctrl-C and goes on from there', async () => {
    const running = gptlab.start([...tiny, ...long])
    await new Promise<void>(resolve => running.child.stdout.on('data', () => /step +20 /.test(running.output()) && resolve()))
    running.child.kill('SIGINT')
    const { code, output } = await running.ended
    expect(code).toBe(130)
    const id = /gptlab resume (\S+)/.exec(output)![1]!
    expect(await runOf('interrupted')).toBe(id)
    const resumed = (await gptlab.json(['resume', id])) as unknown as Line[]
    expect(resumed.at(-1)).toMatchObject({ kind: 'done', run: id, steps: 400 })
    expect(of(resumed, 'step')[0]!.step).toBeGreaterThan(20)
  })

  it('ends after kill -9 with the bytes of one that was not disturbed', async () => {
    const undisturbed = (await train(...long)).at(-1) as Done
    const running = gptlab.start([...tiny, ...long, '--json'])
    // A checkpoint is announced when its writing begins, and the next one only when it is on the disk.
    const { step } = (await until(running, line => line.kind === 'checkpoint' && line.step > 0)) as { step: number }
    await until(running, line => line.kind === 'checkpoint' && line.step > step)
    running.child.kill('SIGKILL')
    expect((await running.ended).signal).toBe('SIGKILL')

    const id = await runOf('interrupted')
    expect(existsSync(join(gptlab.home, 'models', id))).toBe(false)
    const out = join(gptlab.home, 'resumed')
    const resumed = (await gptlab.json(['resume', id, '--out', out])) as unknown as Line[]
    expect(resumed.at(-1)).toMatchObject({ kind: 'done', run: id, model: out, steps: 400, trainLoss: undisturbed.trainLoss })
    expect(of(resumed, 'step').length).toBeLessThan(400)
    expect(await weights(out)).toBe(await weights(undisturbed.model))

    const { code, errors } = await gptlab.run(['resume', id, '--json'])
    expect({ code, failure: JSON.parse(errors) as unknown }).toMatchObject({ code: 1, failure: { code: 'run-done' } })
  })
})
