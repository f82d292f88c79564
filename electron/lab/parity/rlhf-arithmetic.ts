/** What the later stages compute of rollouts and preferences, whoever computes it; arrays as in `training/`. */
import type { RolloutShape } from '../../training/advantages.ts'
import { policyLoss, tokenLogProbabilities, valueLoss } from '../../training/ppo-losses.ts'
import { dpoLoss, rewardModelLoss } from '../../training/preference-losses.ts'

type Numbers = ArrayLike<number>

export interface LossAndGradient {
  readonly loss: number
  readonly gradient: Numbers
}

export interface LossOfPairs {
  readonly loss: number
  readonly gradients: { readonly chosen: Numbers; readonly rejected: Numbers }
}

export interface RlhfArithmetic {
  /** Of every position, padding too. */
  logProbabilities(logits: Numbers, tokens: Numbers, temperature: number, shape: RolloutShape): Promise<Numbers>
  policy(...of: Parameters<typeof policyLoss>): Promise<LossAndGradient>
  value(...of: Parameters<typeof valueLoss>): Promise<LossAndGradient>
  reward(...of: Parameters<typeof rewardModelLoss>): Promise<LossOfPairs>
  preference(...of: Parameters<typeof dpoLoss>): Promise<LossOfPairs>
}

/** In double precision: `training/`'s own formulas. */
export const doubleArithmetic: RlhfArithmetic = {
  logProbabilities: async (logits, tokens, temperature) => tokenLogProbabilities(logits, tokens, temperature),
  policy: async (...of) => policyLoss(...of),
  value: async (...of) => valueLoss(...of),
  reward: async (...of) => rewardModelLoss(...of),
  preference: async (...of) => dpoLoss(...of)
}
