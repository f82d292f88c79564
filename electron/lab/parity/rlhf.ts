/** PPO, reward model and DPO against a reference file: in double precision, and on the engine. */
import type { Engine } from '../../engine/plan.ts'
import {
  generalisedAdvantages,
  logRatios,
  positions,
  tokenRewards,
  whiten,
  type RolloutShape
} from '../../training/advantages.ts'
import { largestDifference, quantity, type Quantity, type ParityOptions } from './quantity.ts'
import { doubleArithmetic, type RlhfArithmetic } from './rlhf-arithmetic.ts'
import { engineArithmetic } from './rlhf-engine.ts'
import type { RlhfFixture } from './rlhf-fixture.ts'

type PpoCase = RlhfFixture['ppo'][number]
type Numbers = ArrayLike<number>
/** Largest deviation of each quantity, by its name. */
type Deviations = Readonly<Record<string, number>>

const flat = (matrices: readonly (readonly (readonly number[])[])[]) => matrices.flat(2)
const apart = (received: number, expected: number) => largestDifference([received], [expected])

/** Values at generated tokens: what stands in the padding means nothing. */
function generated(values: Numbers, shape: RolloutShape): number[] {
  return [...positions(shape)].map(at => values[at]!)
}

async function ppoDeviations({ settings, expect, ...given }: PpoCase, arithmetic: RlhfArithmetic): Promise<Deviations> {
  const { temperature, clip } = settings
  const shape = { length: given.tokens[0]!.length, lengths: given.response_lengths }
  const tokens = given.tokens.flat()
  const logProbabilities = (logits: PpoCase['old_logits']) =>
    arithmetic.logProbabilities(flat(logits), tokens, temperature, shape)
  const [old, reference, now] = await Promise.all([given.old_logits, given.ref_logits, given.new_logits].map(logProbabilities))
  const kl = logRatios(old!, reference!)
  const rewards = tokenRewards(kl, given.scores, settings.kl_coef, shape)
  const oldValues = given.old_values.flat()
  const discounts = { gamma: settings.gamma, lambda: settings.lam }
  const { advantages, returns } = generalisedAdvantages(rewards, oldValues, discounts, shape)
  const whitened = whiten(advantages, shape)

  const policy = await arithmetic.policy(
    { logits: flat(given.new_logits), tokens, old: old!, advantages: whitened },
    { clip, temperature },
    shape
  )
  const values = { values: given.new_values.flat(), old: oldValues, returns }
  const value = await arithmetic.value(values, settings.value_clip, shape)
  const moved = generated(logRatios(now!, old!), shape)
  const mean = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length
  // Only a ratio that has gone where its advantage pushes it is clipped.
  const clipped = generated(whitened, shape).map((advantage, i) =>
    advantage > 0 ? Math.exp(moved[i]!) > 1 + clip : Math.exp(moved[i]!) < 1 - clip
  )

  const perToken = (received: Numbers, expected: readonly (readonly number[])[]) =>
    largestDifference(generated(received, shape), generated(expected.flat(), shape))
  return {
    'PPO: old log-probabilities': largestDifference(old!, expect.old_logprobs.flat()),
    'PPO: reference log-probabilities': largestDifference(reference!, expect.ref_logprobs.flat()),
    'PPO: KL': perToken(kl, expect.kl),
    'PPO: rewards': perToken(rewards, expect.rewards),
    'PPO: advantages': perToken(advantages, expect.advantages),
    'PPO: returns': perToken(returns, expect.returns),
    'PPO: whitened advantages': perToken(whitened, expect.whitened_advantages),
    'PPO: policy loss': apart(policy.loss, expect.policy_loss),
    'PPO: value loss': apart(value.loss, expect.value_loss),
    'PPO: loss': apart(policy.loss + settings.value_coef * value.loss, expect.loss),
    'PPO: clip fraction': apart(mean(clipped.map(Number)), expect.clip_fraction),
    'PPO: approximate KL': apart(mean(moved.map(difference => difference ** 2)) / 2, expect.approx_kl),
    'PPO: gradient by logits': largestDifference(policy.gradient, flat(expect.grad_new_logits)),
    'PPO: gradient by values': largestDifference(
      Array.from(value.gradient, gradient => gradient * settings.value_coef),
      expect.grad_new_values.flat()
    )
  }
}

async function rewardDeviations(
  { chosen, rejected, expect }: RlhfFixture['reward_model'][number],
  arithmetic: RlhfArithmetic
): Promise<Deviations> {
  const { loss, gradients } = await arithmetic.reward(chosen, rejected)
  const ahead = chosen.filter((score, i) => score > rejected[i]!)
  return {
    'reward model: loss': apart(loss, expect.loss),
    'reward model: accuracy': apart(ahead.length / chosen.length, expect.accuracy),
    'reward model: gradient by chosen': largestDifference(gradients.chosen, expect.grad_chosen),
    'reward model: gradient by rejected': largestDifference(gradients.rejected, expect.grad_rejected)
  }
}

async function dpoDeviations(
  { beta, expect, ...given }: RlhfFixture['dpo'][number],
  arithmetic: RlhfArithmetic
): Promise<Deviations> {
  const { loss, gradients } = await arithmetic.preference(
    { chosen: given.policy_chosen, rejected: given.policy_rejected },
    { chosen: given.ref_chosen, rejected: given.ref_rejected },
    beta
  )
  return {
    'DPO: loss': apart(loss, expect.loss),
    'DPO: gradient by chosen': largestDifference(gradients.chosen, expect.grad_policy_chosen),
    'DPO: gradient by rejected': largestDifference(gradients.rejected, expect.grad_policy_rejected)
  }
}

/** The largest deviation of each quantity over all cases. */
async function quantitiesOf(
  file: RlhfFixture,
  arithmetic: RlhfArithmetic,
  by: Quantity['engine'],
  tolerance: number
): Promise<Quantity[]> {
  const cases = [
    ...file.ppo.map(one => ppoDeviations(one, arithmetic)),
    ...file.reward_model.map(one => rewardDeviations(one, arithmetic)),
    ...file.dpo.map(one => dpoDeviations(one, arithmetic))
  ]
  const largest = new Map<string, number>()
  for (const deviations of await Promise.all(cases))
    for (const [name, error] of Object.entries(deviations)) largest.set(name, Math.max(largest.get(name) ?? 0, error))
  return [...largest].map(([name, error]) => quantity(name, by, error, tolerance))
}

/**
 * Every quantity and gradient of the file, within 1e-6 in double precision and within 1e-4 on the engine.
 * @throws LabFailure those of the engine, for a file whose sizes do not fit together
 */
export async function rlhfParity(file: RlhfFixture, engine: Engine, options: ParityOptions): Promise<Quantity[]> {
  return [
    ...(await quantitiesOf(file, doubleArithmetic, 'double', 1e-6)),
    ...(await quantitiesOf(file, engineArithmetic(engine, options), 'native', 1e-4))
  ]
}
