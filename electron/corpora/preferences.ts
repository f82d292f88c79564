/** What supervised fine-tuning and preference learning read: demonstrations, and completions in order of preference. */
import * as v from 'valibot'
import { LabFailure } from '../contract/failure.ts'

/** An ideal answer to a prompt, and who wrote it. */
export interface Demonstration {
  readonly prompt: string
  readonly answer: string
  readonly writer: string
}

/** One line of `comparisons.jsonl`: completions of one prompt, ranked by the rater or by a person. */
export interface Comparison {
  readonly prompt: string
  readonly completions: readonly string[]
  /** Rank of each completion, 0 best; equal ranks are ties. */
  readonly ranks: readonly number[]
  readonly rater: string
}

const ComparisonSchema = v.pipe(
  v.object({
    prompt: v.pipe(v.string(), v.minLength(1)),
    completions: v.pipe(v.array(v.string()), v.minLength(2)),
    ranks: v.array(v.pipe(v.number(), v.integer(), v.minValue(0))),
    rater: v.pipe(v.string(), v.minLength(1))
  }),
  v.check(({ completions, ranks }) => completions.length === ranks.length, 'Expected one rank for each completion.')
)

/** Comparisons as JSON Lines. */
export function writeComparisons(comparisons: readonly Comparison[]): string {
  return comparisons.map(comparison => `${JSON.stringify(comparison)}\n`).join('')
}

/**
 * Comparisons of a file; empty lines are passed over.
 * @param source how the file is called in messages
 * @throws LabFailure `comparisons-invalid` (details.line)
 */
export function readComparisons(text: string, source: string): Comparison[] {
  return text.split('\n').flatMap((line, i) => {
    if (!line.trim()) return []
    try {
      return [v.parse(ComparisonSchema, JSON.parse(line))]
    } catch (error) {
      throw new LabFailure(
        'comparisons-invalid',
        `Expected a comparison in line ${i + 1} of ${source} (prompt, completions, ranks, rater) but it cannot be used: ${(error as Error).message}`,
        { source, line: i + 1 }
      )
    }
  })
}
