/** A card's figures as rows that a person reads: those that say most, in the order of the stages. */
import type { Figure } from '../../../electron/contract/atlas.ts'

/** What a figure is a number of: shares are drawn on a scale from 0 to 1. */
export type FigureUnit = 'share' | 'nats' | 'plain'

/** Figures that are shown, by the names under which `evaluate` and `compare` report them. */
const shown = {
  'facts bare': 'share',
  'facts few-shot': 'share',
  'facts greedy': 'share',
  'facts at 0.7': 'share',
  'chinese few-shot': 'share',
  'chinese greedy': 'share',
  'sentiment zero-shot': 'share',
  'sentiment few-shot': 'share',
  'sentiment fine-tuned': 'share',
  'command after a document': 'share',
  'command as an answer': 'share',
  'unsafe at 0.7': 'share',
  'reward accuracy': 'share',
  'reward calibration error': 'share',
  'reward margin': 'plain',
  'open: quality': 'share',
  'open: completion entropy': 'nats',
  'open: distinct share': 'share',
  'open: self-BLEU': 'share',
  'open against: wins against the first': 'share',
  'open against: KL per completion': 'nats',
  'facts against: wins against the first': 'share',
  'facts against: KL per completion': 'nats'
} as const satisfies Record<string, FigureUnit>
export type FigureName = keyof typeof shown

export interface FigureRow extends Figure {
  readonly key: FigureName
  /** Model that it was compared with. */
  readonly against?: string
  readonly unit: FigureUnit
}

/** Names may say what a model was compared with: `open against atlas-sft: quality`. */
const named = /^(open|facts) against ([^:]+): /

export function figureRows(figures: readonly Figure[]): FigureRow[] {
  const known = figures.flatMap((figure): FigureRow[] => {
    const against = named.exec(figure.name)?.[2]
    const key = figure.name.replace(named, '$1 against: ')
    return isShown(key) ? [{ ...figure, key, unit: shown[key], ...(against !== undefined && { against }) }] : []
  })
  const order = Object.keys(shown)
  return known.sort((a, b) => order.indexOf(a.key) - order.indexOf(b.key))
}

const isShown = (name: string): name is FigureName => Object.hasOwn(shown, name)
