/** Rollouts from which there is nothing to learn are refused under a name. */
import { describe, expect, it } from 'vitest'
import { RolloutHealth } from '../../../electron/training/rollout-health.ts'
import { packRollouts, type Rollout } from '../../../electron/training/rollouts.ts'

const answer = (tokens: number[], ended = true): Rollout => ({
  prompt: Int32Array.of(1, 2),
  response: Int32Array.from(tokens),
  logProbabilities: new Float32Array(tokens.length),
  ended
})
const good = [answer([3, 4, 9]), answer([4, 9]), answer([5, 5, 9]), answer([3, 9])]

function figures(rollouts: readonly Rollout[], scores: number[], divergence = 0.1) {
  const packed = packRollouts(rollouts, 12)
  const size = rollouts.length * packed.shape.length
  return { packed, old: new Float64Array(size), kl: new Float64Array(size).fill(divergence), scores: Float64Array.from(scores) }
}

/** What the checks of some iterations end with; undefined when nothing is wrong. */
function outcome(...iterations: [rollouts: readonly Rollout[], scores: number[], divergence?: number][]): string | undefined {
  let health = new RolloutHealth()
  for (const [rollouts, scores, divergence] of iterations) {
    try {
      health.check(rollouts, figures(rollouts, scores, divergence))
    } catch (error) {
      return (error as { code: string }).code
    }
    // As after a checkpoint.
    health = new RolloutHealth(JSON.parse(JSON.stringify(health.state())))
  }
  return undefined
}

const scores = [1, 2, 3, 4]
const same = [2, 2, 2, 2]

describe('RolloutHealth', () => {
  it('lets good rollouts pass', () => {
    expect(outcome([good, scores], [good, scores], [good, scores], [good, scores])).toBeUndefined()
  })

  it('names answers that are empty or never end, when it lasts', () => {
    const none = [answer([9]), answer([3, 3, 3], false), answer([9]), answer([4, 4], false)]
    expect(outcome([none, scores], [none, scores], [good, scores], [none, scores])).toBeUndefined()
    expect(outcome([none, scores], [none, scores], [none, scores])).toBe('rollouts-answerless')
  })

  it('names a reward model that says the same of everything, when it lasts', () => {
    expect(outcome([good, same], [good, same], [good, scores], [good, same])).toBeUndefined()
    expect(outcome([good, same], [good, same], [good, same])).toBe('reward-collapsed')
    expect(outcome([good, [1, NaN, 2, 3]])).toBe('reward-collapsed')
  })

  it('names a policy that has gone too far, at once', () => {
    expect(outcome([good, scores, 9])).toBeUndefined()
    expect(outcome([good, scores, 11])).toBe('kl-exploded')
    expect(outcome([good, scores, NaN])).toBe('kl-exploded')
  })
})
