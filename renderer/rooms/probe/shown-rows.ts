/** Which rows of the stages fit on the screen, and exact sums for the rest. */
import type { StagesView } from '../../../electron/contract/probe.ts'

export interface ShownRow {
  /** Row of the view. */
  readonly row: number
  readonly id: number
  readonly text: string
  readonly raw: number
  readonly final: number
}

export interface ShownStages {
  readonly rows: readonly ShownRow[]
  /** Tokens of the vocabulary that are no row. */
  readonly others: number
  /** By stage: probabilities of the shown rows and the sum of all others. */
  readonly stages: readonly { readonly probabilities: readonly number[]; readonly rest: number }[]
}

/**
 * The `most` rows that matter most: those most probable before or after the stages, kept in the order
 * of the raw distribution, so that a row stays at its place while a setting moves.
 */
export function shownStages(view: StagesView, most: number): ShownStages {
  const raw = view.stages[0]!.probabilities
  const final = view.stages.at(-1)!.probabilities
  const all = view.rows.map((row, i): ShownRow => ({ row: i, id: row.id, text: row.text, raw: raw[i]!, final: final[i]! }))
  // Where one row more shows everything, no line is spent on the sum.
  const fits = all.length === view.vocabulary && all.length <= most + 1
  const chosen = fits
    ? all
    : all.toSorted((a, b) => Math.max(b.raw, b.final) - Math.max(a.raw, a.final) || a.row - b.row).slice(0, most)
  const rows = chosen.toSorted((a, b) => b.raw - a.raw || a.row - b.row)
  const shown = new Set(rows.map(({ row }) => row))
  return {
    rows,
    others: view.vocabulary - rows.length,
    stages: view.stages.map(({ probabilities, rest }) => ({
      probabilities: rows.map(({ row }) => probabilities[row]!),
      rest: probabilities.reduce((sum, p, i) => (shown.has(i) ? sum : sum + p), rest)
    }))
  }
}
