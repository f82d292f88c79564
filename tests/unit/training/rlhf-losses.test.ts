import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { generalisedAdvantages, logRatios, tokenRewards, whiten } from '../../../electron/training/advantages.ts'
import { policyLoss, tokenLogProbabilities, valueLoss } from '../../../electron/training/ppo-losses.ts'
import { dpoLoss, groupAdvantages, rewardModelLoss } from '../../../electron/training/preference-losses.ts'

type Nested = number | readonly Nested[]
const flat = (value: Nested): number[] => (typeof value === 'number' ? [value] : value.flatMap(flat))

interface PpoCase extends Readonly<Record<'old_logits' | 'ref_logits' | 'new_logits' | 'old_values' | 'new_values', Nested>> {
  readonly settings: Readonly<Record<'kl_coef' | 'gamma' | 'lam' | 'clip' | 'value_clip' | 'value_coef' | 'temperature', number>>
  readonly response_lengths: readonly number[]
  readonly tokens: readonly (readonly number[])[]
  readonly scores: readonly number[]
  readonly expect: Readonly<Record<string, Nested>>
}
type Pairs = Readonly<Record<'chosen' | 'rejected', readonly number[]>> & { readonly expect: Readonly<Record<string, Nested>> }
type DpoCase = Readonly<Record<'policy_chosen' | 'policy_rejected' | 'ref_chosen' | 'ref_rejected', readonly number[]>> & {
  readonly beta: number
  readonly expect: Readonly<Record<string, Nested>>
}

/** From PyTorch in float64, with TRL's conventions. */
const fixture = JSON.parse(readFileSync(new URL('../../fixtures/rlhf-parity.json', import.meta.url), 'utf8'))

/** The reference divides by n − 1 in float32 where it whitens: its advantages are off by 3e-8, and what follows from them. */
const whitening = 1e-7

function near(actual: Nested | Float64Array, expected: Nested | undefined, tolerance = 1e-10): void {
  const [a, b] = [ArrayBuffer.isView(actual) ? [...actual] : flat(actual), flat(expected!)]
  expect(a.length).toBe(b.length)
  a.forEach((value, i) => expect(Math.abs(value - b[i]!)).toBeLessThanOrEqual(tolerance))
}

describe.each(fixture.ppo as PpoCase[])('PPO', ({ settings, response_lengths: lengths, expect: wanted, ...given }) => {
  const shape = { length: given.tokens[0]!.length, lengths }
  const tokens = flat(given.tokens)
  const { temperature, clip } = settings
  const old = tokenLogProbabilities(flat(given.old_logits), tokens, temperature)
  const reference = tokenLogProbabilities(flat(given.ref_logits), tokens, temperature)
  const kl = logRatios(old, reference)
  const rewards = tokenRewards(kl, given.scores, settings.kl_coef, shape)
  const oldValues = flat(given.old_values)
  const { advantages, returns } = generalisedAdvantages(
    rewards,
    oldValues,
    { gamma: settings.gamma, lambda: settings.lam },
    shape
  )
  const whitened = whiten(advantages, shape)

  /** Padding is 0 in ours; the reference leaves what happens to stand there. */
  const masked = (values: Nested | undefined) =>
    flat(values!).map((value, i) => (i % shape.length < lengths[Math.floor(i / shape.length)]! ? value : 0))
  const maskedOwn = (values: Float64Array) => masked([...values])

  test('log-probabilities and their ratios', () => {
    near(old, wanted.old_logprobs)
    near(reference, wanted.ref_logprobs)
    near(maskedOwn(kl), masked(wanted.kl))
  })
  test('rewards, advantages, returns', () => {
    near(rewards, masked(wanted.rewards))
    near(advantages, masked(wanted.advantages))
    near(returns, masked(wanted.returns))
    near(whitened, masked(wanted.whitened_advantages), whitening)
  })
  test('policy loss and its gradient', () => {
    const batch = { logits: flat(given.new_logits), tokens, old, advantages: whitened }
    const { loss, gradient, clipFraction, approximateKl } = policyLoss(batch, { clip, temperature }, shape)
    near([loss, clipFraction, approximateKl], [wanted.policy_loss!, wanted.clip_fraction!, wanted.approx_kl!], whitening)
    near(gradient, wanted.grad_new_logits, whitening)
  })
  test('value loss, its gradient, and the total', () => {
    const value = valueLoss({ values: flat(given.new_values), old: oldValues, returns }, settings.value_clip, shape)
    const policy = policyLoss({ logits: flat(given.new_logits), tokens, old, advantages: whitened }, { clip, temperature }, shape)
    near([value.loss, policy.loss + settings.value_coef * value.loss], [wanted.value_loss!, wanted.loss!], whitening)
    near(
      value.gradient.map(gradient => gradient * settings.value_coef),
      wanted.grad_new_values
    )
  })
})

test.each(fixture.reward_model as Pairs[])('reward model', ({ chosen, rejected, expect: wanted }) => {
  const { loss, accuracy, gradients } = rewardModelLoss(chosen, rejected)
  near([loss, accuracy], [wanted.loss!, wanted.accuracy!])
  near(gradients.chosen, wanted.grad_chosen)
  near(gradients.rejected, wanted.grad_rejected)
})

test.each(fixture.dpo as DpoCase[])('DPO', ({ beta, expect: wanted, ...given }) => {
  const { loss, gradients } = dpoLoss(
    { chosen: given.policy_chosen, rejected: given.policy_rejected },
    { chosen: given.ref_chosen, rejected: given.ref_rejected },
    beta
  )
  near(loss, wanted.loss)
  near(gradients.chosen, wanted.grad_policy_chosen)
  near(gradients.rejected, wanted.grad_policy_rejected)
})

test('GRPO: advantages within a group, by hand', () => {
  // Mean 2, unbiased deviation √(2/3 · 3/2) = 1 for 1, 2, 3.
  near(groupAdvantages([1, 2, 3]), [-1 / 1.0001, 0, 1 / 1.0001], 1e-12)
  near(groupAdvantages([5, 5, 5]), [0, 0, 0])
})
