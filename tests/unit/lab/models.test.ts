/** Models through the lab, with real folders; the hostile ones are made here. */
import { cp, mkdir, mkdtemp, readFile, readdir, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CallInput, CallOutputs, Method } from '../../../electron/contract/calls.ts'
import type { ModelSummary } from '../../../electron/contract/models.ts'
import { gptGraph } from '../../../electron/graph/gpt.ts'
import { initialise } from '../../../electron/graph/initialisation.ts'
import { openLab, type Lab } from '../../../electron/lab/lab.ts'
import { filesOf } from '../../../electron/lab/model-folder.ts'
import { trainTokenizer } from '../../../electron/tokenizers/tokenizer.ts'

let home: string
let elsewhere: string
let lab: Lab
let chosen: string | null | undefined
let announced: number
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'gptlab-models-'))
  elsewhere = await mkdtemp(join(tmpdir(), 'gptlab-elsewhere-'))
  lab = await openLab({ home, host: { host: 'cli', chooseFolder: async () => chosen, reveal: async () => false } })
  announced = 0
  lab.subscribe(event => void (announced += Number(event === 'models')))
})
afterEach(() => lab.close())

function call<M extends Method>(method: M, input: CallInput<M>): Promise<CallOutputs[M]> {
  return Promise.resolve(lab.handlers[method](input, { signal: new AbortController().signal, progress: () => {} }))
}
const own = async () => (await call('models.list', undefined)).filter(model => model.origin !== 'shipped')

/** A small model of the lab, as a run writes it. */
async function write(folder: string): Promise<ModelSummary> {
  const tokenizer = await trainTokenizer({ kind: 'characters' }, 'to be or not to be')
  const model = {
    layers: 1,
    heads: 2,
    channels: 8,
    context: 8,
    vocabulary: tokenizer.vocabulary,
    bias: false,
    tied: true,
    dropout: 0
  }
  const graph = gptGraph(model)
  return lab.models.write(
    folder,
    {
      model,
      parameters: initialise(graph, 3),
      tokenizer: tokenizer.json(),
      kind: 'base',
      card: { name: 'To be', origin: 'trained', created: '2026-02-03T04:05:06.000Z', run: folder, data: 'Hamlet', seed: 3 }
    },
    new Map(graph.parameters.map(({ name, shape }) => [name, shape]))
  )
}
const folderOf = (model: ModelSummary) => join(home, 'models', model.id.slice('home:'.length))
const filesIn = async (folder: string) =>
  Promise.all(
    (await filesOf(folder)).map(async ({ name }) => ({ path: name, bytes: new Uint8Array(await readFile(join(folder, name))) }))
  )

describe('a model of the lab', () => {
  it('is listed and described as it was written', async () => {
    const model = await write('to-be')
    expect(model).toMatchObject({
      id: 'home:to-be',
      name: 'To be',
      kind: 'base',
      origin: 'trained',
      run: 'to-be',
      created: '2026-02-03T04:05:06.000Z',
      writes: true,
      inspectable: true,
      sizes: { layers: 1, heads: 2, channels: 8, context: 8, vocabulary: 7 }
    })
    expect(await own()).toEqual([model])
    const description = await call('models.describe', { model: model.id })
    expect(description).toMatchObject({
      card: { data: 'Hamlet', seed: 3 },
      directory: folderOf(model),
      tokenizer: 'characters, 7 tokens'
    })
    expect(description.files.map(file => file.name).sort()).toEqual([
      'card.json',
      'config.json',
      'model.safetensors',
      'tokenizer.json'
    ])
    expect(description.files.reduce((sum, file) => sum + file.bytes, 0)).toBe(model.bytes)
    expect(await call('host.reveal', { id: model.id })).toEqual({ shown: false, path: folderOf(model) })
  })

  it('can be renamed, deleted and brought back', async () => {
    const { id } = await write('to-be')
    expect((await call('models.rename', { model: id, name: '生存还是毁灭' })).name).toBe('生存还是毁灭')
    const { trash } = await call('models.delete', { model: id })
    expect(await own()).toEqual([])
    await expect(call('models.describe', { model: id })).rejects.toMatchObject({ code: 'model-unknown' })
    const back = await call('models.restore', { trash })
    expect([back.id, back.name]).toEqual([id, '生存还是毁灭'])
    await lab.models.load(id)
    expect(announced).toBeGreaterThanOrEqual(4)
    await expect(call('models.restore', { trash })).rejects.toMatchObject({ code: 'trash-unknown' })
  })

  it('is not restored over another that has its place', async () => {
    const { id } = await write('to-be')
    const { trash } = await call('models.delete', { model: id })
    await write('to-be')
    await expect(call('models.restore', { trash })).rejects.toMatchObject({ code: 'trash-taken' })
    expect(await own()).toHaveLength(1)
  })

  const damages: [string, (folder: string) => Promise<unknown>, string][] = [
    ['weights cut short', folder => truncate(join(folder, 'model.safetensors'), 400), 'model-damaged'],
    ['empty weights', folder => truncate(join(folder, 'model.safetensors'), 0), 'model-damaged'],
    ['no weights', folder => rm(join(folder, 'model.safetensors')), 'model-incomplete'],
    ['no tokenizer', folder => rm(join(folder, 'tokenizer.json')), 'model-incomplete'],
    ['a torn configuration', folder => truncate(join(folder, 'config.json'), 30), 'model-config'],
    ['no configuration', folder => rm(join(folder, 'config.json')), 'model-config']
  ]
  it.each(damages)('with %s is listed with its problem', async (_, damage, code) => {
    const { id } = await write('to-be')
    const whole = await write('whole')
    await damage(join(home, 'models', 'to-be'))
    const rows = await own()
    expect(rows.find(row => row.id === id)).toMatchObject({ problem: { code } })
    expect(rows.find(row => row.id === whole.id)!.problem).toBeUndefined()
    await expect(lab.models.load(id)).rejects.toThrow()
  })

  it('is not run with another tokenizer than its own', async () => {
    const { id } = await write('to-be')
    const other = await trainTokenizer({ kind: 'characters' }, 'to be or no%')
    await writeFile(join(home, 'models', 'to-be', 'tokenizer.json'), other.json())
    await expect(lab.models.load(id)).rejects.toMatchObject({ code: 'tokenizer-mismatch' })
  })

  it('shows nothing of a card that is no card', async () => {
    const { id } = await write('to-be')
    await writeFile(
      join(home, 'models', 'to-be', 'card.json'),
      JSON.stringify({ name: { length: 1 }, origin: 'shipped', created: 5, seed: 'x', data: 'Hamlet', curve: { steps: 'many' } })
    )
    expect(await call('models.describe', { model: id })).toMatchObject({
      name: 'to-be',
      origin: 'imported',
      card: { data: 'Hamlet' }
    })
    expect(Object.keys((await call('models.describe', { model: id })).card)).toEqual(['data'])
  })
})

describe('import', () => {
  it('takes in the files of a folder, whatever the folder is called', async () => {
    const model = await write('to-be')
    const files = await filesIn(folderOf(model))
    const imported = await call('models.import', {
      name: 'Mine',
      files: files.map(file => ({ ...file, path: `to-be/${file.path}` }))
    })
    expect(imported).toMatchObject({ id: 'home:mine', name: 'Mine', origin: 'imported', sizes: model.sizes })
    expect([...(await lab.models.load(imported.id)).parameters!]).toEqual([...(await lab.models.load(model.id)).parameters!])
    // A second one of that name gets a folder of its own.
    expect((await call('models.import', { name: 'Mine', files })).id).toBe('home:mine-2')
    expect(await own()).toHaveLength(3)
  })

  it('copies a chosen folder, and nothing when the dialog is closed', async () => {
    await cp(folderOf(await write('to-be')), join(elsewhere, 'to-be'), { recursive: true })
    await symlink('/etc/passwd', join(elsewhere, 'to-be', 'README.md'))
    chosen = join(elsewhere, 'to-be')
    const imported = await call('models.choose', undefined)
    expect(imported).toMatchObject({ id: 'home:to-be-2', origin: 'imported' })
    expect((await readdir(folderOf(imported!))).sort()).toEqual([
      'card.json',
      'config.json',
      'model.safetensors',
      'tokenizer.json'
    ])
    for (chosen of [null, undefined]) expect(await call('models.choose', undefined)).toBeNull()
  })

  type Files = { path: string; bytes: Uint8Array<ArrayBuffer> }[]
  const bytesOf = (value: unknown) => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value))
  const replaced = (files: Files, path: string, change: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>): Files =>
    files.map(file => (file.path === path ? { path, bytes: change(file.bytes) } : file))
  const inConfig = (change: Record<string, unknown>) => (files: Files) =>
    replaced(files, 'config.json', bytes => bytesOf({ ...JSON.parse(new TextDecoder().decode(bytes)), ...change }))
  const inWeights = (change: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>) => (files: Files) =>
    replaced(files, 'model.safetensors', change)
  /** Weights with another header and the same data. */
  const withHeader = (header: unknown, length?: bigint) => (bytes: Uint8Array<ArrayBuffer>) => {
    const text = bytesOf(header)
    const size = Buffer.alloc(8)
    size.writeBigUInt64LE(length ?? BigInt(text.length))
    return new Uint8Array([...size, ...text, ...bytes.subarray(-64)])
  }
  const hostile: [string, (files: Files) => Files, string][] = [
    [
      'a path that leaves the folder',
      files => [...files, { path: '../../evil/config.json', bytes: bytesOf('{}') }],
      'import-path'
    ],
    ['an absolute path', files => [...files, { path: '/etc/config.json', bytes: bytesOf('{}') }], 'import-path'],
    ['a path for Windows', files => [...files, { path: 'C:\\evil.json', bytes: bytesOf('{}') }], 'import-path'],
    ['no tokenizer', files => files.filter(file => file.path !== 'tokenizer.json'), 'import-incomplete'],
    ['a tokenizer that is none', files => replaced(files, 'tokenizer.json', () => bytesOf('[1,2')), 'tokenizer-unreadable'],
    ['a configuration that is no JSON', files => replaced(files, 'config.json', () => bytesOf('{"n_layer":')), 'import-damaged'],
    ['absurdly many layers', inConfig({ n_layer: 1e9 }), 'import-damaged'],
    ['absurdly many channels', inConfig({ n_embd: 1e9 }), 'import-damaged'],
    ['an absurd vocabulary', inConfig({ vocab_size: 2 ** 40 }), 'import-damaged'],
    ['layers below one', inConfig({ n_layer: -1 }), 'import-damaged'],
    ['heads that do not fit', inConfig({ n_head: 3 }), 'import-damaged'],
    ['another number of layers than the weights', inConfig({ n_layer: 2 }), 'parameter-missing'],
    ['another width than the weights', inConfig({ n_embd: 16 }), 'parameter-shape'],
    ['weights cut short', inWeights(bytes => bytes.slice(0, -5)), 'import-damaged'],
    ['weights of eight bytes', inWeights(bytes => bytes.slice(0, 8)), 'import-damaged'],
    ['a header longer than the file', inWeights(withHeader({}, 2n ** 62n)), 'import-damaged'],
    ['a header that is no JSON', inWeights(withHeader('{"a":')), 'import-damaged'],
    [
      'tensors that overlap the end',
      inWeights(withHeader({ a: { dtype: 'F32', shape: [1e9], data_offsets: [0, 4e9] } })),
      'import-damaged'
    ],
    [
      'negative offsets',
      inWeights(withHeader({ a: { dtype: 'F32', shape: [16], data_offsets: [-64, 64] } })),
      'safetensors-damaged'
    ],
    [
      'a shape that is no shape',
      inWeights(withHeader({ a: { dtype: 'F32', shape: [-16], data_offsets: [0, 64] } })),
      'safetensors-damaged'
    ]
  ]
  it.each(hostile)('refuses %s by name and keeps nothing', async (_, change, code) => {
    const model = await write('to-be')
    const files = change(await filesIn(folderOf(model)))
    const before = await readdir(home, { recursive: true })
    await expect(call('models.import', { name: 'Mine', files })).rejects.toMatchObject({ code })
    expect(await readdir(home, { recursive: true })).toEqual(before)
  })

  it('refuses a folder that is not there or holds no model', async () => {
    await expect(lab.models.importDirectory(join(elsewhere, 'nothing'))).rejects.toMatchObject({ code: 'import-folder' })
    await mkdir(join(elsewhere, 'empty'))
    await expect(lab.models.importDirectory(join(elsewhere, 'empty'))).rejects.toMatchObject({ code: 'import-incomplete' })
  })
})

describe('names from outside', () => {
  it.each(['', 'nothing', 'home:', 'home:..', 'home:../runs', 'shipped:recipes', 'shipped:..', 'folder:/etc', 'home:nothing'])(
    'lead nowhere: %j',
    async model => {
      await expect(call('models.describe', { model })).rejects.toMatchObject({ code: 'model-unknown' })
      await expect(call('models.delete', { model })).rejects.toMatchObject({ code: 'model-unknown' })
    }
  )
})
