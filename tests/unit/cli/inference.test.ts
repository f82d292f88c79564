import { existsSync } from 'node:fs'
import { cp, readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { neutralSampling } from '../../../electron/contract/probe.ts'
import { loadEngine } from '../../../electron/engine/engine.ts'
import { gptGraph } from '../../../electron/graph/gpt.ts'
import { decodeSafetensors } from '../../../electron/graph/safetensors.ts'
import { distributions } from '../../../electron/sampling/stages.ts'
import { readTokenizerFile } from '../../../electron/tokenizers/tokenizer.ts'
import { buildCommandLine, tiny, type CommandLine } from './command-line.ts'

let gptlab: CommandLine
/** Folder of a model that was just trained, and its name in the lab. */
let model: string
let name: string
beforeAll(async () => {
  gptlab = await buildCommandLine()
  model = join(gptlab.home, 'out')
  const done = (await gptlab.json([...tiny, '--steps=40', '--seed=1', '--out', model])).at(-1)!
  name = done['run'] as string
})
afterAll(() => gptlab.remove())

interface Probs {
  provider: string
  tokens: { id: number; text: string; probability?: number }[]
  stages: Record<string, { id: number; token: string; p: number }[]>
  entropy: Record<string, number>
  skipped: string[]
}
const probs = async (...words: string[]): Promise<Probs> =>
  (await gptlab.json(['probs', '--model', model, ...words]))[0] as unknown as Probs

/** Logits of the token after a text, by the native engine from the files. */
async function engineLogits(ids: ArrayLike<number>): Promise<Float32Array> {
  const { tensors } = decodeSafetensors(await readFile(join(model, 'model.safetensors')))
  const vocabulary = tensors.get('transformer.wte.weight')!.shape[0]!
  const bias = tensors.has('transformer.h.0.attn.c_attn.bias')
  const graph = gptGraph({
    ...{ layers: 2, heads: 2, channels: 32, context: 32, vocabulary, bias, dropout: 0 },
    normBias: tensors.has('transformer.ln_f.bias'),
    tied: !tensors.has('lm_head.weight')
  })
  const plan = loadEngine().compile(graph, { batch: 1, length: 32, threads: 1 })
  try {
    await plan.writeParameters(new Map([...tensors].map(([tensor, { values }]) => [tensor, values as Float32Array])))
    return (await plan.logits(Int32Array.from(ids), ids.length)).slice(-vocabulary)
  } finally {
    await plan.close()
  }
}

describe('gptlab probs', { timeout: 120_000 }, () => {
  it.each([
    ['no stage', [], neutralSampling],
    [
      'every stage',
      ['--temperature=0.7', '--top-k=12', '--top-p=0.8', '--repetition-penalty=1.4', '--no-repeat-ngram=2'],
      { repetitionPenalty: 1.4, noRepeatNgram: 2, temperature: 0.7, topK: 12, topP: 0.8, greedy: false }
    ]
  ])('shows after each stage what the engine’s logits make of it, with %s', async (_, words, settings) => {
    const prompt = 'the rose and the r'
    const { provider, tokens, stages, entropy } = await probs('--prompt', prompt, '--top=8', ...words)
    expect(provider).toBe('cpu')
    const tokenizer = await readTokenizerFile(join(model, 'tokenizer.json'))
    const ids = tokenizer.encode(prompt)
    expect(tokens.map(({ id }) => id)).toEqual([...ids])
    const expected = distributions(await engineLogits(ids), [...ids], settings)
    expect(Object.keys(stages)).toEqual(expected.map(({ stage }) => stage))
    for (const { stage, probabilities } of expected) {
      const best = [...probabilities].sort((a, b) => b - a).filter(p => p > 0)
      const shown = stages[stage]!
      expect(shown).toHaveLength(Math.min(8, best.length))
      shown.forEach(({ id, token, p }, i) => {
        expect(p).toBeCloseTo(probabilities[id]!, 5)
        expect(p).toBeCloseTo(best[i]!, 5)
        expect(token).toBe(tokenizer.text(id))
      })
      expect(entropy[stage]).toBeCloseTo(-best.reduce((sum, p) => sum + p * Math.log2(p), 0), 4)
    }
  })

  it('finds the model by its name too, runs it on the engine where asked, and reads an empty prompt', async () => {
    const [byName] = await gptlab.json(['probs', '--model', name, '--prompt=', '--provider=native'])
    expect(byName).toMatchObject({ provider: 'native', model: `home:${name}`, tokens: [{ id: 0 }] })
  })

  it('fails by name for characters that the model does not know and settings out of their bounds', async () => {
    const words = ['probs', '--model', model, '--json']
    const unknown = await gptlab.run([...words, '--prompt=漢字'])
    expect({ code: unknown.code, failure: JSON.parse(unknown.errors) as unknown }).toMatchObject({
      code: 1,
      failure: { code: 'character-unknown' }
    })
    for (const setting of ['--temperature=0', '--top-p=1.5', '--repetition-penalty=-1', '--no-repeat-ngram=99'])
      expect(await gptlab.run([...words, '--prompt=a', setting])).toMatchObject({ code: 2, output: '' })
  })

  it('draws bars for people', async () => {
    const { output } = await gptlab.run(['probs', '--model', model, '--prompt=the', '--top=3', '--top-p=0.5'])
    expect(output).toMatch(/^sonnets-char on cpu · 3 tokens\nt\|h\|e\n/)
    expect(output).toMatch(/\nraw \d+ tokens, \d\.\d\d bits\n( +\S+ {2}[█▏▎▍▌▋▊▉ ]{40} +\d+\.\d+ %\n){3} +\d+ more /)
    expect(output).toContain('\ntop-p ')
    expect(output).not.toContain('\ntemperature ')
  })
})

describe('gptlab generate', { timeout: 120_000 }, () => {
  const generate = async (...words: string[]) =>
    (await gptlab.json(['generate', '--model', model, '--prompt=the ', ...words]))[0] as unknown as {
      text: string
      tokens: { id: number; text: string; probability: number }[]
      ended: string
      tokensPerSecond: number
    }

  it('says the same text for the same seed, beyond the context, and another for another', async () => {
    const [first, again, other] = await Promise.all([
      generate('--max-tokens=80', '--seed=4'),
      generate('--max-tokens=80', '--seed=4'),
      generate('--max-tokens=80', '--seed=5')
    ])
    expect(first).toMatchObject({ ended: 'length' })
    expect(first.tokens).toHaveLength(80)
    expect(first.text).toBe(first.tokens.map(token => token.text).join(''))
    expect(again.text).toBe(first.text)
    expect(other.text).not.toBe(first.text)
    expect(first.tokensPerSecond).toBeGreaterThan(0)
    // For people: the prompt and the text, and a line about it.
    const { output } = await gptlab.run(['generate', '--model', model, '--prompt=the ', '--max-tokens=80', '--seed=4'])
    expect(output.startsWith(`the ${first.text}\n80 tokens · `)).toBe(true)
  })

  it('ends with the context, before a stop text, and greedily takes the most probable', async () => {
    expect(await generate('--max-tokens=80', '--no-slide')).toMatchObject({ ended: 'context' })
    const { text } = await generate('--max-tokens=40', '--seed=4')
    const stopped = await generate('--max-tokens=40', '--seed=4', '--stop', text.slice(8, 11))
    expect(stopped).toMatchObject({ ended: 'stop', text: text.slice(0, text.indexOf(text.slice(8, 11))) })
    const greedy = await generate('--max-tokens=1', '--greedy')
    const { stages } = await probs('--prompt=the ', '--top=1')
    expect(greedy.tokens[0]!.id).toBe(stages['raw']![0]!.id)
  })
})

describe('gptlab models, import and export', { timeout: 120_000 }, () => {
  it('export a model, take it in again, and it says the same', async () => {
    const folder = join(gptlab.home, 'exported')
    const [exported] = await gptlab.json(['export', name, folder])
    expect(exported).toMatchObject({ kind: 'exported', directory: folder })
    expect(await readdir(folder)).toEqual(
      expect.arrayContaining(['config.json', 'generation_config.json', 'onnx', 'tokenizer.json', 'tokenizer_config.json'])
    )
    const [imported] = (await gptlab.json(['import', folder])) as [{ kind: string; model: { id: string; name: string } }]
    expect(imported).toMatchObject({ kind: 'imported', model: { origin: 'imported' } })
    const [{ models }] = (await gptlab.json(['models'])) as [{ models: { id: string }[] }]
    expect(models.map(({ id }) => id)).toEqual(expect.arrayContaining([`home:${name}`, imported.model.id]))
    const of = async (asked: string) => (await gptlab.json(['probs', '--model', asked, '--prompt=the ']))[0]!['stages']
    expect(await of(imported.model.id)).toEqual(await of(name))
  })

  it('runs a folder that only has the ONNX file', async () => {
    const folder = join(gptlab.home, 'only-onnx')
    await gptlab.json(['export', name, folder])
    const bare = join(gptlab.home, 'bare')
    await cp(folder, bare, { recursive: true, filter: path => !/safetensors$|card\.json$/.test(path) })
    const { gptlab: _, ...config } = JSON.parse(await readFile(join(bare, 'config.json'), 'utf8')) as Record<string, unknown>
    await writeFile(join(bare, 'config.json'), JSON.stringify(config))
    const [foreign] = (await gptlab.json(['probs', '--model', bare, '--prompt=the '])) as unknown as [Probs]
    const own = await probs('--prompt=the ')
    foreign.stages['raw']!.forEach((row, i) => expect(row.p).toBeCloseTo(own.stages['raw']![i]!.p, 5))
  })

  it('refuse what is no model, and leave nothing of it', async () => {
    const folder = join(gptlab.home, 'no-model')
    await cp(model, folder, { recursive: true })
    const weights = await readFile(join(folder, 'model.safetensors'))
    await writeFile(join(folder, 'model.safetensors'), weights.subarray(0, weights.length - 100))
    const before = await readdir(join(gptlab.home, 'models'))
    const { code, errors } = await gptlab.run(['import', folder, '--json'])
    expect({ code, failure: JSON.parse(errors) as unknown }).toMatchObject({ code: 1, failure: { kind: 'failure' } })
    expect(await readdir(join(gptlab.home, 'models'))).toEqual(before)
  })

  it('tokenize with a model’s own tokenizer, by name, folder and file', async () => {
    const results = await Promise.all(
      [name, model, join(model, 'tokenizer.json')].map(asked => gptlab.json(['tokenize', '--tokenizer', asked, 'thee']))
    )
    const [ids] = results.map(([result]) => result!['ids'])
    for (const [result] of results) expect(result).toMatchObject({ ids, text: 'thee' })
  })
})

describe('gptlab parity', { timeout: 120_000 }, () => {
  const fixtures = join(import.meta.dirname, '../../fixtures')

  it.each(['gpt-parity.safetensors', 'baby-gpt-1337.safetensors', 'sampling-parity.json', 'rlhf-parity.json'])(
    '%s is ok',
    async file => {
      const [result] = await gptlab.json(['parity', join(fixtures, file)])
      expect(Object.keys(result!)).toEqual(['kind', 'ok', 'quantities'])
      expect(result!['ok']).toBe(true)
      for (const found of result!['quantities'] as Record<string, unknown>[])
        expect(Object.keys(found)).toEqual(['name', 'engine', 'maxError', 'tolerance', 'ok'])
    }
  )

  it('ends with exit code 1 when one number of the file is another', async () => {
    const file = JSON.parse(await readFile(join(fixtures, 'sampling-parity.json'), 'utf8')) as {
      cases: { stages: Record<string, number[]> }[]
    }
    file.cases[39]!.stages['top_p']![0]! += 1e-6
    const changed = join(gptlab.home, 'changed.json')
    await writeFile(changed, JSON.stringify(file))
    const { code, output, errors } = await gptlab.run(['parity', changed, '--json'])
    expect({ code, errors }).toEqual({ code: 1, errors: '' })
    expect(JSON.parse(output)).toMatchObject({ kind: 'sampling', ok: false })
    expect((await gptlab.run(['parity', changed])).output).toMatch(/top-p +sampling .* beyond\n\nOut of tolerance\./)
  })
})

describe('gptlab serve', { timeout: 120_000 }, () => {
  const page = join(import.meta.dirname, '../../../out/renderer/index.html')
  it('says where the lab is, on this machine alone, and ends at Ctrl-C', async ({ skip }) => {
    skip(!existsSync(page), 'The page is not built: npm run build.')
    const running = gptlab.start(['serve', '--json'])
    await new Promise<void>(resolve => running.child.stdout.once('data', () => resolve()))
    const { kind, url } = JSON.parse(running.output()) as { kind: string; url: string }
    expect({ kind, host: new URL(url).hostname }).toEqual({ kind: 'serving', host: '127.0.0.1' })
    expect((await fetch(new URL('/', url), { redirect: 'manual' })).status).toBe(403)
    running.child.kill('SIGINT')
    expect(await running.ended).toMatchObject({ code: 0, errors: '' })
  })
})
