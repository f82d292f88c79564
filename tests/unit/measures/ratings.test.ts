import { describe, expect, test } from 'vitest'
import { bradleyTerry, onlineElo, ratedModels, type Vote } from '../../../electron/measures/ratings.ts'
import { seededRandom } from '../../../electron/sampling/random.ts'

const votes = (left: string, right: string, winner: Vote['winner'], count: number, voter = 'one'): Vote[] =>
  Array.from({ length: count }, () => ({ voter, left, right, winner }))

const battle = [
  ...votes('a', 'b', 'left', 6),
  ...votes('a', 'b', 'right', 3),
  ...votes('a', 'b', 'tie', 2),
  ...votes('b', 'c', 'left', 5),
  ...votes('b', 'c', 'right', 4),
  ...votes('c', 'a', 'left', 1),
  ...votes('c', 'a', 'right', 7),
  ...votes('c', 'a', 'tie', 1)
]

describe('online Elo', () => {
  // FastChat's compute_online_elo on the same votes, in Python.
  test('is FastChat’s', () => {
    const ratings = onlineElo(battle)
    expect(ratings.get('a')).toBeCloseTo(1016.4138919815996, 9)
    expect(ratings.get('b')).toBeCloseTo(996.5158842694917, 9)
    expect(ratings.get('c')).toBeCloseTo(987.0702237489087, 9)
  })
  test('depends on the order of the votes', () => {
    expect(onlineElo(battle.toReversed()).get('a')).not.toBeCloseTo(onlineElo(battle).get('a')!, 6)
  })
})

describe('Bradley-Terry', () => {
  // Gradient ascent on the logistic likelihood of the same votes, ties as half a win each, in NumPy.
  test('is the maximum of the likelihood', () => {
    const ratings = bradleyTerry(battle, 0)
    expect(ratings.get('a')).toBeCloseTo(1116.3525243693716, 5)
    expect(ratings.get('b')).toBeCloseTo(982.1109020575542, 5)
    expect(ratings.get('c')).toBeCloseTo(901.5365735730742, 5)
  })
  test('does not depend on the order of the votes', () => {
    expect(bradleyTerry(battle.toReversed()).get('b')).toBeCloseTo(bradleyTerry(battle).get('b')!, 9)
  })
  test('keeps an unbeaten model finite, by the prior alone', () => {
    const unbeaten = votes('a', 'b', 'left', 12)
    const { a, b } = Object.fromEntries(bradleyTerry(unbeaten))
    // By symmetry the strengths are s and 1/s; at the maximum wins = Σ games/(own + other)·own, prior included: solved by bisection.
    let [low, high] = [1, 1000]
    for (let i = 0; i < 100; i++) {
      const s = Math.sqrt(low * high)
      if (12.5 / s > 12 / (s + 1 / s) + 1 / (s + 1)) low = s
      else high = s
    }
    expect(a).toBeCloseTo(1000 + 400 * Math.log10(low), 4)
    expect(a! + b!).toBeCloseTo(2000, 4)
  })
})

describe('rated models', () => {
  test('are equal in rank while the votes leave doubt, and apart when they do not', () => {
    const voters = (count: number) =>
      Array.from({ length: count }, (_, i) => votes('good', 'bad', i % 8 === 0 ? 'right' : 'left', 2, `voter ${i}`)).flat()
    const few = ratedModels([...voters(2)], seededRandom(1).uniform)
    expect(few.map(({ rank }) => rank)).toEqual([1, 1])
    const many = ratedModels([...voters(64)], seededRandom(1).uniform)
    expect(many.map(({ model, rank }) => [model, rank])).toEqual([
      ['good', 1],
      ['bad', 2]
    ])
  })
  test('one busy voter widens the interval: votes of one person belong together', () => {
    const spread = (rows: readonly { low: number; high: number }[]) => rows[0]!.high - rows[0]!.low
    const apart = Array.from({ length: 60 }, (_, i) => votes('a', 'b', i % 3 === 0 ? 'right' : 'left', 1, `voter ${i}`)).flat()
    const together = apart.map((vote, i) => ({ ...vote, voter: vote.winner === 'left' ? `l${i % 2}` : 'r' }))
    expect(spread(ratedModels(together, seededRandom(1).uniform))).toBeGreaterThan(
      1.5 * spread(ratedModels(apart, seededRandom(1).uniform))
    )
  })
})
