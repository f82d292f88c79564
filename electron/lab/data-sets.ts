/** Atlas' data sets as lines of JSON, with their hashes: what the stages read, to be looked at and taken along. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DataItem, DataSets, DataSetSummary } from '../contract/atlas.ts'
import { LabFailure } from '../contract/failure.ts'
import { atlas } from '../corpora/atlas/atlas.ts'
import { writtenComparisons } from '../corpora/atlas/comparisons.ts'
import { attribution } from '../corpora/atlas/countries.ts'
import { mixtureTable, type MixedDocument } from '../corpora/atlas/mixture.ts'
import type { AtlasPrompt } from '../corpora/atlas/prompts.ts'
import { splitDocuments } from '../corpora/documents.ts'
import type { Resources } from './resources.ts'

const licence = `Open Database License 1.0. ${attribution}`
/** Seed and size of the comparisons on which reward models are measured. */
export const heldOutComparisons = { count: 500, split: 'held-out', completions: 4, noise: 0, seed: 1 } as const

interface DataSet {
  readonly title: string
  readonly purpose: string
  items(): Promise<readonly DataItem[]> | readonly DataItem[]
}

const world = () => atlas()
const promptItem = ({ id, text, kind, split, answers }: AtlasPrompt): DataItem => ({
  id,
  text,
  kind,
  split,
  ...(answers && { answers })
})
const ofSplit = (prompts: readonly AtlasPrompt[], split: AtlasPrompt['split']) =>
  prompts.filter(prompt => prompt.split === split).map(promptItem)

export class AtlasData {
  #documents: Promise<readonly MixedDocument[]> | undefined
  readonly #lines = new Map<string, Promise<Buffer>>()
  readonly #sets: Readonly<Record<string, DataSet>> = {
    documents: {
      title: 'Pretraining documents',
      purpose: 'Pretraining: what the base model reads, mixed by weight',
      items: async () => (await this.#mixed()).map(({ kind, text }) => ({ kind, text }))
    },
    demonstrations: {
      title: 'Demonstrations',
      purpose: 'Supervised fine-tuning: prompts with answers by writers of different manners, none of them wrong',
      items: () =>
        world()
          .demonstrations()
          .map(item => ({ ...item }))
    },
    prompts: {
      title: 'Prompts',
      purpose: 'Reward modelling and reinforcement learning: prompts to be completed and compared',
      items: () => ofSplit(world().prompts, 'train')
    },
    'held-out-prompts': {
      title: 'Held-out prompts',
      purpose: 'Figures: questions about held-out facts, held-out open and unsafe prompts',
      items: () => ofSplit(world().prompts, 'held-out')
    },
    'held-out-comparisons': {
      title: 'Held-out comparisons',
      purpose: 'Figures: completions of held-out prompts, ranked by the rater without noise',
      items: () => writtenComparisons(world(), heldOutComparisons).map(item => ({ ...item }))
    },
    reviews: {
      title: 'Reviews',
      purpose: 'Classification: reviews with their sentiment, to learn from',
      items: () => world().sentiment.train.map(item => ({ ...item }))
    },
    'held-out-reviews': {
      title: 'Held-out reviews',
      purpose: 'Figures: reviews that no classifier has learnt from',
      items: () => world().sentiment.heldOut.map(item => ({ ...item }))
    }
  }

  constructor(readonly resources: Resources) {}

  async list(): Promise<DataSets> {
    const sets = await Promise.all(Object.keys(this.#sets).map(id => this.#summary(id)))
    return { seed: world().seed, sets, mixture: mixtureTable(await this.#mixed()) }
  }

  /** @throws LabFailure `data-set-unknown` */
  async preview(id: string, from: number, count: number): Promise<{ total: number; items: readonly DataItem[] }> {
    const lines = (await this.lines(id)).toString('utf8').split('\n').slice(0, -1)
    return { total: lines.length, items: lines.slice(from, from + count).map(line => JSON.parse(line) as DataItem) }
  }

  /** A whole set, one JSON object a line. @throws LabFailure `data-set-unknown` */
  async lines(id: string): Promise<Buffer> {
    const set = Object.hasOwn(this.#sets, id) ? this.#sets[id]! : undefined
    if (!set) {
      const known = Object.keys(this.#sets).join(', ')
      throw new LabFailure('data-set-unknown', `There is no data set ${id}. Expected one of ${known}.`, { set: id, known })
    }
    const made =
      this.#lines.get(id) ??
      Promise.resolve(set.items()).then(items => Buffer.from(items.map(item => `${JSON.stringify(item)}\n`).join('')))
    this.#lines.set(id, made)
    return made
  }

  /** What to put beside an exported set: what it is, how it came to be, and its licence. */
  async card(id: string): Promise<string> {
    const { title, purpose, items, sha256, licence } = await this.#summary(id)
    return `# Atlas: ${title}\n\n${purpose}.\n\n${items} items, made by GPT Lab ${this.resources.version} from seed ${world().seed}. SHA-256 of the lines: ${sha256}.\n\nLicence: ${licence}\n`
  }

  async #summary(id: string): Promise<DataSetSummary> {
    const lines = await this.lines(id)
    const { title, purpose } = this.#sets[id]!
    let items = 0
    for (const byte of lines) if (byte === 0x0a) items++
    return { id, title, purpose, items, bytes: lines.length, sha256: createHash('sha256').update(lines).digest('hex'), licence }
  }

  #mixed(): Promise<readonly MixedDocument[]> {
    const read = async (file: string) => splitDocuments(await readFile(join(this.resources.texts, file), 'utf8'))
    this.#documents ??= Promise.all([read('sonnets.txt'), read('moby-dick.txt')]).then(([sonnets, mobyDick]) =>
      world().documents({ sonnets, mobyDick })
    )
    return this.#documents
  }
}
