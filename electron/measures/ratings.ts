/**
 * Ratings of models from votes on pairs, as FastChat computes them: online Elo, and the maximum-likelihood
 * ratings of Bradley and Terry with bootstrap intervals. A class has few votes, so the latter has a weak prior.
 */
import { quantile, resampled, type Interval } from './intervals.ts'

/** One blind comparison. `tie` stands for "equally good" and "equally bad" alike. */
export interface Vote {
  readonly voter: string
  readonly left: string
  readonly right: string
  readonly winner: 'left' | 'right' | 'tie'
}

const base = 10
const scale = 400
const start = 1000

const scoreOf = ({ winner }: Vote): number => (winner === 'left' ? 1 : winner === 'right' ? 0 : 0.5)

/**
 * Elo ratings after the votes in their order (FastChat's `compute_online_elo`): everyone starts at 1000.
 * @param k how far one vote moves a rating at most
 */
export function onlineElo(votes: readonly Vote[], k = 4): Map<string, number> {
  const ratings = new Map<string, number>()
  for (const vote of votes) {
    const left = ratings.get(vote.left) ?? start
    const right = ratings.get(vote.right) ?? start
    const expected = 1 / (1 + base ** ((right - left) / scale))
    const moved = k * (scoreOf(vote) - expected)
    ratings.set(vote.left, left + moved)
    ratings.set(vote.right, right - moved)
  }
  return ratings
}

/**
 * Bradley-Terry ratings, 400·log₁₀ strength + 1000: the strengths under which the votes are most likely, by
 * Hunter's minorisation (2004). A tie is half a win for each.
 * @param prior games that every model is thought to have drawn with one of rating 1000, so that an unbeaten
 *   model stays finite; 0 is maximum likelihood, whose ratings are then centred on 1000
 */
export function bradleyTerry(votes: readonly Vote[], prior = 1): Map<string, number> {
  const names = [...new Set(votes.flatMap(vote => [vote.left, vote.right]))].sort()
  const place = new Map(names.map((name, i) => [name, i]))
  const wins = new Float64Array(names.length).fill(prior / 2)
  const games = names.map(() => new Float64Array(names.length))
  for (const vote of votes) {
    const [left, right] = [place.get(vote.left)!, place.get(vote.right)!]
    wins[left]! += scoreOf(vote)
    wins[right]! += 1 - scoreOf(vote)
    games[left]![right]!++
    games[right]![left]!++
  }
  let strengths = new Float64Array(names.length).fill(1)
  for (let round = 0; round < 10_000; round++) {
    const next = strengths.map((own, i) => {
      let load = prior / (own + 1)
      games[i]!.forEach((count, j) => (load += count / (own + strengths[j]!)))
      return wins[i]! / load
    })
    if (prior === 0) {
      const mean = Math.exp(next.reduce((sum, strength) => sum + Math.log(strength), 0) / next.length)
      next.forEach((strength, i) => (next[i] = strength / mean))
    }
    const moved = next.reduce((most, strength, i) => Math.max(most, Math.abs(Math.log(strength / strengths[i]!))), 0)
    strengths = next
    if (moved < 1e-10) break
  }
  return new Map(names.map((name, i) => [name, scale * Math.log10(strengths[i]!) + start]))
}

export interface RatedModel extends Interval {
  readonly model: string
  readonly rating: number
  /** 1 + the models that are better beyond doubt: whose lower bound exceeds this one's upper bound. */
  readonly rank: number
}

function votesByVoter(votes: readonly Vote[]): Vote[][] {
  const voters = new Map<string, Vote[]>()
  for (const vote of votes) {
    const own = voters.get(vote.voter)
    if (own) own.push(vote)
    else voters.set(vote.voter, [vote])
  }
  return [...voters.values()]
}

/**
 * Bradley-Terry ratings with 95 % intervals, best first. Voters are resampled, not votes: those of one person
 * belong together.
 * @param uniform draws from [0, 1)
 * @param resamples at least 100
 */
export function ratedModels(votes: readonly Vote[], uniform: () => number, { resamples = 200, prior = 1 } = {}): RatedModel[] {
  const ratings = bradleyTerry(votes, prior)
  const byVoter = votesByVoter(votes)
  const drawn = Array.from({ length: resamples }, () => bradleyTerry(resampled(byVoter, uniform).flat(), prior))
  const rows = [...ratings].map(([model, rating]) => {
    // A resample in which nobody voted on a model says only what the prior says.
    const values = Float64Array.from(drawn, of => of.get(model) ?? start).sort()
    return { model, rating, low: quantile(values, 0.025), high: quantile(values, 0.975) }
  })
  return rows
    .map(row => ({ ...row, rank: 1 + rows.filter(other => other.low > row.high).length }))
    .sort((a, b) => b.rating - a.rating)
}
