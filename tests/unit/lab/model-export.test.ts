/** Exported folders, opened by another program and by the lab itself. */
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AutoModelForCausalLM, AutoTokenizer, env } from '@huggingface/transformers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { neutralSampling } from '../../../electron/contract/probe.ts'
import { shipModel } from '../../../electron/lab/model-shipping.ts'
import { trainTokenizer, type Tokenizer } from '../../../electron/tokenizers/tokenizer.ts'
import { llamaWeights, smallLlama, writeLlamaFiles } from '../onnx/hugging-face-models.ts'
import { largestDifference } from '../onnx/small-models.ts'
import { openSmallLab, type SmallLab } from './probing.ts'

const text = 'Shall I compare thee to a summer’s day? Thou art more lovely and more temperate. '
let tokenizer: Tokenizer
let small: SmallLab
let folder: string
beforeAll(async () => {
  tokenizer = await trainTokenizer({ kind: 'bpe', vocabulary: 300 }, text.repeat(3), ['<|endoftext|>'])
  small = await openSmallLab(tokenizer, 60)
  folder = await mkdtemp(join(tmpdir(), 'gptlab-export-'))
})
afterAll(async () => {
  await small.close()
  await rm(folder, { recursive: true, force: true })
})

describe('an exported model', () => {
  it('opens in transformers.js with the same tokens and logits', async () => {
    const directory = await small.lab.models.exportDirectory(small.model, join(folder, 'model'))
    env.allowRemoteModels = false
    env.localModelPath = folder
    const theirs = await AutoTokenizer.from_pretrained('model')
    const { input_ids } = await theirs(text, { add_special_tokens: false })
    const tokens = tokenizer.encode(text)
    expect([...input_ids.data].map(Number)).toEqual([...tokens])
    const model = await AutoModelForCausalLM.from_pretrained('model', { dtype: 'fp32' })
    const { logits } = await model(await theirs(text, { add_special_tokens: false }))
    const expected = (await small.engineLogits(tokens)).slice(-tokenizer.vocabulary)
    expect(largestDifference(logits.data as Float32Array, expected)).toBeLessThan(1e-3)
    await model.dispose()
    expect((await readdir(directory)).sort()).toEqual([
      'card.json',
      'config.json',
      'generation_config.json',
      'model.safetensors',
      'onnx',
      'tokenizer.json',
      'tokenizer_config.json'
    ])
  })

  it('goes on in transformers.js as it does in the lab', async () => {
    const tokens = tokenizer.encode('Shall I')
    const model = await AutoModelForCausalLM.from_pretrained('model', { dtype: 'fp32' })
    const theirs = await AutoTokenizer.from_pretrained('model')
    const inputs = await theirs('Shall I', { add_special_tokens: false })
    const output = (await model.generate({ ...inputs, max_new_tokens: 20, do_sample: false })) as { data: ArrayLike<bigint> }
    await model.dispose()
    const { session, model: loaded } = await small.lab.sessions.open(small.model)
    const [stream] = await session.decode({
      prompts: [tokens],
      settings: { ...neutralSampling, greedy: true },
      seed: 0,
      maxTokens: 20,
      endTokens: loaded.endTokens
    })
    expect(Array.from(output.data, Number)).toEqual([...tokens, ...stream!.tokens])
  })

  it('comes back into a lab with the same logits', async () => {
    const { id } = await small.lab.models.importDirectory(join(folder, 'model'), 'came back')
    const tokens = tokenizer.encode(text)
    const { session } = await small.lab.sessions.open(id)
    const expected = (await small.engineLogits(tokens)).slice(-tokenizer.vocabulary)
    expect(largestDifference(await session.next(tokens), expected)).toBeLessThan(1e-4)
    expect(session.inspect).toBeDefined()
  })

  it('never takes the place of something else', async () => {
    await mkdir(join(folder, 'taken'))
    await writeFile(join(folder, 'taken', 'notes.txt'), 'mine')
    const exporting = small.lab.models.exportDirectory(small.model, join(folder, 'taken'))
    await expect(exporting).rejects.toMatchObject({ code: 'export-folder' })
    expect(await readFile(join(folder, 'taken', 'notes.txt'), 'utf8')).toBe('mine')
    expect((await readdir(folder)).filter(name => name.startsWith('.exporting'))).toEqual([])
  })

  it('has a folder of its own in the lab where the host has no dialogs', async () => {
    const context = { signal: new AbortController().signal, progress: () => {} }
    const export_ = async () => (await small.lab.handlers['models.export']({ model: small.model }, context)).directory
    expect([await export_(), await export_()]).toEqual(['small', 'small-2'].map(name => join(small.lab.home.exports, name)))
  })
})

describe('a foreign model in the Hugging Face ONNX layout', () => {
  it('is imported, decoded to the end token of its generation_config.json, and exported as it is', async () => {
    const source = join(folder, 'llama')
    const sizes = { ...smallLlama, vocabulary: tokenizer.vocabulary }
    await writeLlamaFiles(source, sizes, llamaWeights(sizes, 4), 'merged')
    const config = {
      model_type: 'llama',
      vocab_size: sizes.vocabulary,
      num_hidden_layers: sizes.layers,
      num_attention_heads: sizes.heads,
      num_key_value_heads: sizes.groups,
      hidden_size: sizes.heads * sizes.headSize,
      max_position_embeddings: sizes.context,
      eos_token_id: 1
    }
    await writeFile(join(source, 'config.json'), JSON.stringify(config))
    await writeFile(join(source, 'tokenizer.json'), tokenizer.json())
    const first = await small.lab.models.importDirectory(source, 'llama')
    const greedy = { settings: { ...neutralSampling, greedy: true }, seed: 0, maxTokens: 12, stop: [] }
    const context = { signal: new AbortController().signal, progress: () => {} }
    const free = await small.lab.handlers.generate({ model: first.id, text: 'Shall I', ...greedy }, context)
    const end = free.tokens[5]!.id

    await writeFile(join(source, 'generation_config.json'), JSON.stringify({ eos_token_id: [299, end] }))
    const { id } = await small.lab.models.importDirectory(source, 'llama')
    const ended = await small.lab.handlers.generate({ model: id, text: 'Shall I', ...greedy }, context)
    expect(ended.ended).toBe('end-token')
    expect(ended.tokens.length).toBe(free.tokens.findIndex(token => token.id === end) + 1)

    const native = (await small.lab.sessions.open(id, 'native')).session.description
    expect(native).toMatchObject({ provider: 'cpu', requested: 'native' })
    expect(native.refused[0]).toMatchObject({ provider: 'native', why: 'not-supported' })

    const directory = await small.lab.models.exportDirectory(id, join(folder, 'llama-again'))
    for (const name of ['config.json', 'onnx/decoder_model_merged.onnx', 'generation_config.json'])
      expect(await readFile(join(directory, name))).toEqual(await readFile(join(source, name)))
  })
})

describe('a shipped model', () => {
  it('has half the bytes, the same model in half precision, its figures, and nothing of the run on this machine', async () => {
    const model = await small.lab.models.load(small.model)
    const directory = join(folder, 'shipped')
    const figure = { name: 'facts greedy', value: 0.96, low: 0.94, high: 0.98, count: 600 }
    await shipModel(model, directory, [figure])
    const size = async (of: string) => (await stat(join(of, 'model.safetensors'))).size
    expect((await size(directory)) / (await size(model.directory))).toBeLessThan(0.55)
    const opened = await small.lab.models.openDirectory(directory)
    expect(opened.problem).toBeUndefined()
    const half = await small.lab.models.load(opened.id)
    expect(half.tokenizer.json()).toBe(model.tokenizer.json())
    for (const [name, values] of model.parameters!) {
      const off = half
        .parameters!.get(name)!
        .map((value, i) => Math.abs(value - values[i]!) / Math.max(2 ** -14, Math.abs(values[i]!)))
      expect(Math.max(...off), name).toBeLessThanOrEqual(2 ** -11)
    }
    const { card } = await small.lab.models.describe(opened.id)
    expect(card.figures).toEqual([figure])
    expect(await readFile(join(directory, 'card.json'), 'utf8')).not.toMatch(/"run"|tokensPerSecond/)
  })
})
