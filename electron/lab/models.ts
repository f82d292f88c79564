/** Models: shipped with the lab, trained in it, brought in from elsewhere. */
import { cp, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { LabFailure } from '../contract/failure.ts'
import type { ModelCard, ModelDescription, ModelSummary } from '../contract/models.ts'
import { listSnapshots, snapshotFolder } from '../training/snapshots.ts'
import { describeTokenizer, readTokenizer, readTokenizerFile, type Tokenizer } from '../tokenizers/tokenizer.ts'
import type { EventHub } from './events.ts'
import { folderNameFor, freeName } from './folder-name.ts'
import type { Home } from './home.ts'
import type { LoadedModel } from './loaded-model.ts'
import { exportModel } from './model-export.ts'
import { chooseModelFiles } from './model-files.ts'
import {
  fileHash,
  filesOf,
  readCard,
  readConfig,
  readEndTokens,
  readWeights,
  summarise,
  writeModelFolder,
  type NewModel,
  type StoredCard
} from './model-folder.ts'
import { openSnapshot, snapshotOf } from './model-snapshots.ts'
import type { Resources } from './resources.ts'
import { moveToTrash, restoreFromTrash } from './trash.ts'

/** Folders that stand beside the shipped models. */
const beside = new Set(['recipes', 'runs'])

export class Models {
  /** Folders outside the lab that were opened by their path, by id. */
  readonly #opened = new Map<string, string>()

  constructor(
    readonly home: Home,
    readonly resources: Resources,
    readonly events: EventHub
  ) {}

  /** All models, newest first, the shipped ones last. Folders that are damaged are there with their problem. */
  async list(): Promise<readonly ModelSummary[]> {
    const own = await this.#folders(this.home.models)
    const shipped = (await this.#folders(this.resources.models)).filter(name => !beside.has(name))
    const rows = await Promise.all([
      ...own.map(name => summarise(`home:${name}`, join(this.home.models, name), 'imported')),
      ...shipped.map(name => summarise(`shipped:${name}`, join(this.resources.models, name), 'shipped'))
    ])
    return rows.sort(
      (a, b) => Number(a.origin === 'shipped') - Number(b.origin === 'shipped') || b.created.localeCompare(a.created)
    )
  }

  async #folders(path: string): Promise<string[]> {
    const entries = await readdir(path, { withFileTypes: true })
    return entries
      .filter(entry => entry.isDirectory() && !entry.name.startsWith('.') && !entry.name.includes('.damaged-'))
      .map(entry => entry.name)
  }

  /**
   * Folder of a model, or of one at a step of its training (`<id>@<step>`).
   * @throws LabFailure `model-unknown`, and those of `openSnapshot`
   */
  async directory(id: string): Promise<string> {
    const opened = this.#opened.get(id)
    if (opened) return opened
    const snapshot = snapshotOf(id)
    if (snapshot) return this.#snapshot(snapshot)
    const cut = id.indexOf(':')
    const [place, name] = [id.slice(0, cut), id.slice(cut + 1)]
    const root = place === 'shipped' ? this.resources.models : place === 'home' ? this.home.models : undefined
    const folder = root && join(root, name)
    if (!folder || dirname(folder) !== root || beside.has(name) || !(await isFolder(folder)))
      throw new LabFailure('model-unknown', `There is no model ${id}. It may have been deleted or renamed.`, { model: id })
    return folder
  }

  async #snapshot({ model, step }: { readonly model: string; readonly step: number }): Promise<string> {
    const directory = await this.directory(model)
    return openSnapshot({ directory, step, cache: this.home.cache }, id => this.load(id))
  }

  /**
   * Opens a model's folder where it stands, without taking it into the lab.
   * @throws LabFailure `model-unknown` when it is no folder, `model-damaged` when it is no model
   */
  async openDirectory(path: string): Promise<ModelSummary> {
    if (!(await isFolder(path)))
      throw new LabFailure('model-unknown', `There is no folder ${path}. Expected a model's folder or name.`, { model: path })
    const id = `folder:${path}`
    this.#opened.set(id, path)
    const summary = await this.summary(id)
    if (summary.problem !== undefined)
      throw new LabFailure('model-damaged', `${path} is no model that can be used. ${summary.problem.message}`, { file: path })
    return summary
  }

  /**
   * The model that is meant: by its id, its folder's name, or its name (the newest of several); each with `@<step>`
   * for a step of its training that was kept.
   * @throws LabFailure `model-unknown`, and those of `openSnapshot`
   */
  async find(asked: string): Promise<ModelSummary> {
    if (this.#opened.has(asked)) return this.summary(asked)
    const snapshot = snapshotOf(asked)
    if (snapshot) return this.summary(`${(await this.find(snapshot.model)).id}@${snapshot.step}`)
    const models = await this.list()
    const found =
      models.find(model => model.id === asked) ??
      models.find(({ id }) => id.slice(id.indexOf(':') + 1) === asked) ??
      models.find(model => model.name === asked)
    if (found) return found
    const known = models.map(model => model.name).join(', ') || 'none'
    throw new LabFailure('model-unknown', `There is no model called ${asked}. Expected a folder's path or one of: ${known}.`, {
      model: asked,
      known
    })
  }

  /** Tokenizer of a model. */
  async tokenizer(id: string): Promise<Tokenizer> {
    return readTokenizerFile(join(await this.directory(id), 'tokenizer.json'))
  }

  async summary(id: string): Promise<ModelSummary> {
    return summarise(id, await this.directory(id), id.startsWith('shipped:') ? 'shipped' : 'imported')
  }

  async describe(id: string): Promise<ModelDescription> {
    const directory = await this.directory(id)
    const { name: _, origin: __, created: ___, run: ____, ...card } = await readCard(directory)
    const tokenizer = await readFile(join(directory, 'tokenizer.json'), 'utf8').then(
      text => describeTokenizer(readTokenizer(text)),
      () => ''
    )
    const snapshots = await listSnapshots(snapshotFolder(directory))
    const files = await filesOf(directory)
    return { ...(await this.summary(id)), card: card as ModelCard, directory, tokenizer, files, snapshots }
  }

  /**
   * Reads a model whole and asserts that its parts belong together.
   * @throws LabFailure `model-unknown`, `model-config`, `tokenizer-mismatch`, and those of the readers
   */
  async load(id: string): Promise<LoadedModel> {
    return this.loadFolder(await this.directory(id), await this.summary(id))
  }

  /** The same for any folder. */
  async loadFolder(directory: string, summary: ModelSummary): Promise<LoadedModel> {
    const config = await readConfig(directory)
    const path = join(directory, 'tokenizer.json')
    const tokenizer = readTokenizer(await readFile(path, 'utf8'))
    const stated = await readEndTokens(directory)
    const endTokens = stated.length === 0 && tokenizer.endToken !== undefined ? [tokenizer.endToken] : stated
    if (config.form === 'lab') {
      const { gptlab } = config.config
      if (gptlab.tokenizer !== (await fileHash(path)) || tokenizer.vocabulary > config.sizes.vocabulary)
        throw new LabFailure(
          'tokenizer-mismatch',
          `Expected the tokenizer that ${summary.name} was trained with (${config.sizes.vocabulary} tokens) but its tokenizer.json is another one (${tokenizer.vocabulary} tokens).`,
          { model: summary.name, expected: config.sizes.vocabulary, received: tokenizer.vocabulary }
        )
      return {
        summary,
        directory,
        config,
        tokenizer,
        endTokens,
        parameters: await readWeights(directory, config),
        key: await fileHash(join(directory, 'model.safetensors'))
      }
    }
    if (tokenizer.vocabulary > config.sizes.vocabulary)
      throw new LabFailure(
        'tokenizer-mismatch',
        `Expected a tokenizer of at most ${config.sizes.vocabulary} tokens but its tokenizer.json has ${tokenizer.vocabulary}.`,
        {
          model: summary.name,
          expected: config.sizes.vocabulary,
          received: tokenizer.vocabulary
        }
      )
    const { mtimeMs, size } = await stat(join(directory, 'config.json'))
    return { summary, directory, config, tokenizer, endTokens, key: `${mtimeMs}-${size}` }
  }

  /** Only the lab's own folders may be changed. */
  async #own(id: string): Promise<{ name: string; folder: string }> {
    if (snapshotOf(id))
      throw new LabFailure(
        'model-snapshot',
        `${id} is a step of a model's training and stays with that model. Export it to have a copy of its own.`,
        { model: id }
      )
    const folder = await this.directory(id)
    if (!id.startsWith('home:'))
      throw new LabFailure(
        'model-shipped',
        `${id} comes with the lab and stays as it is. Export it to have a copy of your own.`,
        { model: id }
      )
    return { name: id.slice('home:'.length), folder }
  }

  async rename(id: string, name: string): Promise<ModelSummary> {
    const { folder } = await this.#own(id)
    await this.#writeCard(folder, { ...(await readCard(folder)), name })
    return this.#changed(id)
  }

  /**
   * Writes a model in the Hugging Face ONNX layout.
   * @returns the folder
   * @throws LabFailure those of `load` and of `exportModel`
   */
  async exportDirectory(id: string, directory: string): Promise<string> {
    await exportModel(await this.load(id), directory)
    return directory
  }

  async #writeCard(folder: string, card: StoredCard): Promise<void> {
    await writeFileAtomic(join(folder, 'card.json'), `${JSON.stringify(card, null, 2)}\n`)
  }

  async delete(id: string): Promise<{ trash: string }> {
    const { name } = await this.#own(id)
    const trash = await moveToTrash(this.home, 'models', name)
    await this.#announce()
    return { trash }
  }

  async restore(trash: string): Promise<ModelSummary> {
    return this.#changed(`home:${await restoreFromTrash(this.home, 'models', trash)}`)
  }

  /** Writes a model that was trained here; one of the same folder name is replaced, as when a run is resumed. */
  async write(folder: string, model: NewModel, shapes: ReadonlyMap<string, readonly number[]>): Promise<ModelSummary> {
    await writeModelFolder(join(this.home.models, folder), model, shapes)
    return this.#changed(`home:${folder}`)
  }

  /** Takes in a model given as files. Nothing of it stays when it turns out to be none. */
  async importFiles(name: string, files: readonly { path: string; bytes: Uint8Array }[]): Promise<ModelSummary> {
    const chosen = chooseModelFiles(files.map(file => ({ path: file.path, bytes: file.bytes.length })))
    return this.#import(name, async folder => {
      for (const { path, bytes } of files) {
        const target = chosen.get(path)
        if (!target) continue
        await mkdir(dirname(join(folder, target)), { recursive: true })
        await writeFile(join(folder, target), bytes)
      }
    })
  }

  /** Takes in a copy of a model's folder. Links are not followed. */
  async importDirectory(source: string, name = basename(source)): Promise<ModelSummary> {
    const files = await filesOf(source).catch(() => {
      throw new LabFailure('import-folder', `Expected a folder with a model but ${source} cannot be read.`, { path: source })
    })
    const chosen = chooseModelFiles(files.map(file => ({ path: file.name, bytes: file.bytes })))
    return this.#import(name, async folder => {
      for (const [path, target] of chosen) await cp(join(source, path), join(folder, target))
    })
  }

  async #import(name: string, fill: (folder: string) => Promise<void>): Promise<ModelSummary> {
    const folderName = await freeName(this.home.models, folderNameFor(name))
    const partial = join(this.home.models, `.importing-${process.pid}-${folderName}`)
    try {
      await mkdir(partial)
      await fill(partial)
      const card = await readCard(partial)
      await this.#writeCard(partial, { ...card, name, origin: 'imported', created: new Date().toISOString() })
      const summary = await summarise(`home:${folderName}`, partial, 'imported')
      if (summary.problem !== undefined)
        throw new LabFailure('import-damaged', `The model cannot be used. ${summary.problem.message}`, {
          problem: summary.problem.message
        })
      await this.loadFolder(partial, summary)
      await rename(partial, join(this.home.models, folderName))
    } finally {
      await rm(partial, { recursive: true, force: true })
    }
    return this.#changed(`home:${folderName}`)
  }

  async #changed(id: string): Promise<ModelSummary> {
    await this.#announce()
    return this.summary(id)
  }

  async #announce(): Promise<void> {
    this.events.emit('models', { models: await this.list() })
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false
}
