/** What a reference file of the later stages holds: PPO, reward model, DPO. */
import * as v from 'valibot'

const row = v.pipe(v.array(v.number()), v.minLength(1))
const rows = v.pipe(v.array(row), v.minLength(1))
const matrices = v.pipe(v.array(rows), v.minLength(1))
const wholeNumber = v.pipe(v.number(), v.integer(), v.minValue(0))

const PpoSchema = v.object({
  settings: v.object({
    kl_coef: v.number(),
    gamma: v.number(),
    lam: v.number(),
    clip: v.number(),
    value_clip: v.number(),
    value_coef: v.number(),
    temperature: v.number()
  }),
  /** Generated tokens of each row; the rest is padding. */
  response_lengths: v.array(wholeNumber),
  tokens: v.array(v.array(wholeNumber)),
  /** (B, T, V). */
  old_logits: matrices,
  ref_logits: matrices,
  new_logits: matrices,
  /** (B, T). */
  old_values: rows,
  new_values: rows,
  scores: row,
  expect: v.object({
    old_logprobs: rows,
    ref_logprobs: rows,
    kl: rows,
    rewards: rows,
    advantages: rows,
    returns: rows,
    whitened_advantages: rows,
    policy_loss: v.number(),
    value_loss: v.number(),
    /** Policy loss + value_coef · value loss. */
    loss: v.number(),
    clip_fraction: v.number(),
    approx_kl: v.number(),
    grad_new_logits: matrices,
    grad_new_values: rows
  })
})

const RewardModelSchema = v.object({
  chosen: row,
  rejected: row,
  expect: v.object({ loss: v.number(), accuracy: v.number(), grad_chosen: row, grad_rejected: row })
})

const DpoSchema = v.object({
  beta: v.number(),
  policy_chosen: row,
  policy_rejected: row,
  ref_chosen: row,
  ref_rejected: row,
  expect: v.object({ loss: v.number(), grad_policy_chosen: row, grad_policy_rejected: row })
})

export const RlhfFixtureSchema = v.object({
  ppo: v.pipe(v.array(PpoSchema), v.minLength(1)),
  reward_model: v.pipe(v.array(RewardModelSchema), v.minLength(1)),
  dpo: v.pipe(v.array(DpoSchema), v.minLength(1))
})
export type RlhfFixture = v.InferOutput<typeof RlhfFixtureSchema>
