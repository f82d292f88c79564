/** The stages from the command line, one from the model of the other. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildCommandLine, type CommandLine } from './command-line.ts'

let gptlab: CommandLine
beforeAll(async () => void (gptlab = await buildCommandLine()))
afterAll(() => gptlab.remove())

const set = (...changes: string[]) => changes.map(change => `--set=${change}`)
const short = set('evaluation.every=2', 'evaluation.batches=1', 'batch.size=4', 'optimiser.warmup=0')
const small = set('model.layers=1', 'model.heads=2', 'model.channels=16', 'tokenizer.vocabulary=400')
const judging = set('reward.prompts=4', 'reward.written=8', 'reward.tokens=4')

describe('gptlab train --stage', { timeout: 240_000 }, () => {
  it('takes the shipped recipe of the stage, from the model that is named, and shows its measures', async () => {
    const folder = (name: string) => join(gptlab.home, 'out', name)
    const train = (stage: string, ...words: string[]) =>
      gptlab.json(['train', `--stage=${stage}`, '--steps=4', '--threads=1', ...short, '--out', folder(stage), ...words])
    await train('pretrain', ...small, ...set('model.context=160'))
    const sft = await train('sft', '--from', folder('pretrain'))
    expect(sft.at(-1)).toMatchObject({ kind: 'done', steps: 4, model: folder('sft') })
    const reward = await train('reward', '--from', folder('sft'), ...judging)
    const metrics = reward.filter(({ kind }) => kind === 'metrics')
    expect(metrics.map(({ step }) => step)).toEqual([0, 2, 4])
    expect(metrics[0]!['values']).toHaveProperty('eval/accuracy')

    const words = ['score', '--model', folder('reward'), '--prompt=What is the capital of France?']
    const [scored] = await gptlab.json([...words, '--completion=Paris.', '--completion=The capital of France is Paris.'])
    const { completions } = scored as unknown as { completions: { completion: string; score: number }[] }
    expect(completions.map(({ completion }) => completion)).toEqual(['Paris.', 'The capital of France is Paris.'])
    expect(completions.every(({ score }) => Number.isFinite(score))).toBe(true)
    const people = await gptlab.run([...words, '--completion=Paris.'])
    expect(people.output).toBe(`What is the capital of France?\n${completions[0]!.score.toFixed(3).padStart(8)}  Paris.\n`)

    const chat = await gptlab.run(['generate', '--model', folder('reward'), '--prompt=a', '--json'])
    expect(JSON.parse(chat.errors)).toMatchObject({ kind: 'failure', code: 'model-no-chat' })
  })
})
