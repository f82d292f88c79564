/** Texts to train on: those that come with the lab, and those that the user has added. */
import { createHash } from 'node:crypto'
import { readFile, readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import * as v from 'valibot'
import writeFileAtomic from 'write-file-atomic'
import { LabFailure } from '../contract/failure.ts'
import type { CorpusSummary } from '../contract/training.ts'
import { splitDocuments } from '../corpora/documents.ts'
import { shippedTexts, type ShippedText } from '../corpora/shipped.ts'
import { readText } from '../corpora/text-file.ts'
import type { EventHub } from './events.ts'
import { folderNameFor, freeName } from './folder-name.ts'
import type { Home } from './home.ts'
import { readJson, writeJson } from './json-file.ts'
import type { Resources } from './resources.ts'
import { moveToTrash, restoreFromTrash } from './trash.ts'

/** A text, read whole. */
export interface Corpus {
  readonly id: string
  readonly title: string
  readonly licence: string
  /** Of the text as UTF-8. */
  readonly sha256: string
  readonly documents: readonly string[]
}

const count = v.pipe(v.number(), v.integer(), v.minValue(0))
/** `<id>.json` beside `<id>.txt`. It can be made again from the text, all but the title. */
const RecordSchema = v.object({
  format: v.literal(1),
  title: v.string(),
  licence: v.string(),
  characters: count,
  bytes: count,
  documents: count,
  sha256: v.string(),
  excerpt: v.string()
})

/** An added text's licence is its owner's affair. */
const ownLicence = 'Added by you'
const excerptLength = 400

export class Corpora {
  /** Rows of the shipped texts, computed once. */
  #shipped: Promise<readonly CorpusSummary[]> | undefined

  constructor(
    readonly home: Home,
    readonly resources: Resources,
    readonly events: EventHub
  ) {}

  /** All texts: the shipped ones first, then the user's by title. */
  async list(): Promise<readonly CorpusSummary[]> {
    this.#shipped ??= Promise.all(shippedTexts.map(async text => describe(text, 'shipped', await this.#shippedText(text))))
    const names = (await readdir(this.home.corpora)).filter(name => name.endsWith('.txt')).map(name => name.slice(0, -4))
    // A file that is no text any more is left out; reading it says why.
    const added = await Promise.all(names.map(id => this.#summary(id).catch(() => undefined)))
    const rows = added.filter(row => row !== undefined).sort((a, b) => a.title.localeCompare(b.title))
    return [...(await this.#shipped), ...rows]
  }

  /** @throws LabFailure `corpus-unknown`, and those of `readText` for a file that was changed by hand */
  async read(id: string): Promise<Corpus> {
    const shipped = shippedTexts.find(text => text.id === id)
    if (shipped) return corpusOf(shipped, await this.#shippedText(shipped))
    const text = await this.#text(id)
    const { title, licence } = await this.#summary(id)
    return corpusOf({ id, title, licence }, text)
  }

  /**
   * Takes in a text file; the same text under the same name is not taken twice.
   * @param name of the file, with or without its ending; the text's handle is made of it
   * @throws LabFailure of `readText`
   */
  async add(name: string, bytes: Uint8Array): Promise<CorpusSummary> {
    const text = readText(bytes, name)
    const title = name.replace(/\.(txt|md|text)$/i, '') || name
    const wanted = folderNameFor(title)
    const known = (await this.list()).find(row => row.sha256 === sha256(text) && row.title === title)
    if (known) return known
    const id = await this.#freeId(wanted)
    const summary = describe({ id, title, licence: ownLicence }, 'added', text)
    await writeFileAtomic(join(this.home.corpora, `${id}.txt`), text)
    await this.#writeRecord(summary)
    await this.#announce()
    return summary
  }

  /** Moves an added text to the trash. @throws LabFailure `corpus-unknown`, `corpus-shipped` */
  async delete(id: string): Promise<{ trash: string }> {
    if (shippedTexts.some(text => text.id === id))
      throw new LabFailure('corpus-shipped', `The text ${id} comes with the lab and stays.`, { corpus: id })
    // Makes the record where it is missing: it goes along.
    await this.#summary(id)
    const trash = await moveToTrash(this.home, 'corpora', id, [`${id}.txt`, `${id}.json`])
    await this.#announce()
    return { trash }
  }

  async restore(trash: string): Promise<CorpusSummary> {
    const id = await restoreFromTrash(this.home, 'corpora', trash)
    await this.#announce()
    return this.#summary(id)
  }

  async #shippedText({ source }: ShippedText): Promise<string> {
    const read = (file: string) => readFile(join(this.resources.texts, file), 'utf8')
    if ('text' in source) return source.text
    return 'file' in source ? read(source.file) : source.make(read)
  }

  /** A file of an added text. @throws LabFailure `corpus-unknown` for a handle that leads elsewhere */
  #path(id: string, ending: 'txt' | 'json'): string {
    const path = join(this.home.corpora, `${id}.${ending}`)
    if (dirname(path) !== this.home.corpora) throw unknown(id)
    return path
  }

  /** Text of an added corpus. @throws LabFailure `corpus-unknown` */
  async #text(id: string): Promise<string> {
    const bytes = await readFile(this.#path(id, 'txt')).catch(missing)
    if (!bytes) throw unknown(id)
    return readText(bytes, `${id}.txt`)
  }

  /** Row of an added text; a record that is missing, damaged or of another text is made anew. */
  async #summary(id: string): Promise<CorpusSummary> {
    const file = await stat(this.#path(id, 'txt')).catch(missing)
    if (!file) throw unknown(id)
    const record = await readJson(this.#path(id, 'json'), value => v.parse(RecordSchema, value))
    if (record?.bytes === file.size) {
      const { format: _, ...row } = record
      return { id, origin: 'added', ...row }
    }
    const made = describe({ id, title: record?.title ?? id, licence: ownLicence }, 'added', await this.#text(id))
    await this.#writeRecord(made)
    return made
  }

  async #writeRecord({ id, origin: _, ...row }: CorpusSummary): Promise<void> {
    await writeJson(join(this.home.corpora, `${id}.json`), { format: 1, ...row } satisfies v.InferOutput<typeof RecordSchema>)
  }

  /** A handle that no text has: the wanted one, or with -2, -3 … */
  async #freeId(wanted: string): Promise<string> {
    for (let i = 1; ; i++) {
      const id = i === 1 ? wanted : `${wanted}-${i}`
      const taken = shippedTexts.some(text => text.id === id) || (await freeName(this.home.corpora, `${id}.txt`)) !== `${id}.txt`
      if (!taken) return id
    }
  }

  async #announce(): Promise<void> {
    this.events.emit('corpora', { corpora: await this.list() })
  }
}

type Named = Pick<CorpusSummary, 'id' | 'title' | 'licence'>

function describe({ id, title, licence }: Named, origin: CorpusSummary['origin'], text: string): CorpusSummary {
  const documents = splitDocuments(text)
  return {
    id,
    title,
    origin,
    characters: countCharacters(text),
    bytes: Buffer.byteLength(text),
    documents: documents.length,
    licence,
    sha256: sha256(text),
    excerpt: documents[0]!.slice(0, excerptLength).toWellFormed()
  }
}

function corpusOf({ id, title, licence }: Named, text: string): Corpus {
  return { id, title, licence, sha256: sha256(text), documents: splitDocuments(text) }
}

/** Code points: the low halves of pairs are not counted. */
function countCharacters(text: string): number {
  let characters = 0
  for (let i = 0; i < text.length; i++) if ((text.charCodeAt(i) & 0xfc00) !== 0xdc00) characters++
  return characters
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function unknown(id: string): LabFailure {
  return new LabFailure(
    'corpus-unknown',
    `There is no text ${id}. Add a text file of that name, ${id}.txt, or choose another text.`,
    { corpus: id }
  )
}

function missing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
