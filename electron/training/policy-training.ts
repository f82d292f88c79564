/**
 * The stage of reinforcement learning, iteration by iteration: PPO or GRPO with everything around them. Prompts
 * are drawn, answered and learned from (ppo.ts, grpo.ts); every dozen iterations the reward model is brought up
 * to date (rounds.ts); pretraining documents are mixed in where the recipe asks for it; the answers to some fixed
 * prompts are kept from the beginning, to be shown beside the current ones.
 *
 * Between two iterations the whole state can be taken out and put back, down to the last bit.
 */
import type { RolloutPair } from '../contract/training.ts'
import { decodeSpoken } from '../corpora/chat.ts'
import { shuffledOrder } from '../sampling/choices.ts'
import { seededRandom, type Random } from '../sampling/random.ts'
import { gatherGroups, learnFromGroups } from './grpo.ts'
import { IterationClock } from './iteration-clock.ts'
import { meanEntropy, rolloutMetrics, type RolloutFigures } from './policy-metrics.ts'
import { rolloutSettings, type PolicyPlans, type PolicyShape, type PolicyStart } from './policy-plans.ts'
import { PolicyRounds, type StoredComparison } from './policy-rounds.ts'
import { adaptBeta, gatherExperience, learn } from './ppo.ts'
import { scoreRollouts } from './reward-scores.ts'
import { RolloutHealth, type HealthState } from './rollout-health.ts'
import { neededLength, rollOut, type Rollout } from './rollouts.ts'
import { learningRateAt } from './schedule.ts'
import { randomStarts, windowsAt } from './windows.ts'

/** What an iteration depends on besides the models' states and the generator that draws. */
export interface PolicyMemory {
  readonly beta: number
  /** Answers to the shown prompts before the first update. */
  readonly first: readonly string[]
  readonly comparisons: readonly StoredComparison[]
  readonly health: HealthState
}

export interface Iteration {
  /** Of the policy, mean over the minibatches. */
  readonly loss: number
  readonly learningRate: number
  /** Mean over the minibatches. */
  readonly gradientNorm: number
  readonly metrics: Readonly<Record<string, number>>
  /** Tokens drawn. */
  readonly tokens: number
}

/** Stream of the recipe's seed that chooses the prompts that are shown with their answers. */
const shownStream = 2
const shownPrompts = 8

export class PolicyTraining {
  readonly #shown: readonly number[]
  #beta: number
  #first: readonly string[] = []
  readonly #rounds: PolicyRounds
  #health = new RolloutHealth()

  constructor(
    readonly start: PolicyStart,
    readonly shape: PolicyShape,
    readonly plans: PolicyPlans
  ) {
    const { recipe, prompts } = start
    this.#beta = rolloutSettings(recipe).beta
    this.#rounds = new PolicyRounds(start, shape, plans)
    this.#shown = shuffledOrder(prompts.length, seededRandom(recipe.seed, shownStream)).slice(0, shownPrompts)
  }

  /** Puts the starting weights into the plans, and hears what the policy says before it learns anything. */
  async begin(): Promise<void> {
    const { policy, reward } = this.start
    await this.plans.reference.writeParameters(policy)
    await this.plans.policy.writeParameters(policy)
    await this.plans.documents?.writeParameters(policy)
    await this.plans.reward.writeParameters(reward)
    // The value model starts from the reward model (Ouyang et al. 2022).
    await this.plans.value?.writeParameters(reward)
    this.#first = (await this.#answerShown()).map(rollout => this.#text(rollout))
    await this.#rounds.begin()
  }

  /**
   * One iteration.
   * @param step iterations done before
   * @throws LabFailure of `RolloutHealth.check`
   */
  async iterate(step: number, random: Random): Promise<Iteration> {
    const { recipe } = this.start
    const clock = new IterationClock()
    const round = await clock.during('round', () => this.#rounds.round(step, random))
    const { rollouts, numbers } = await clock.during('rollout', () => this.#rollOut(random))
    const learningRate = learningRateAt(step, recipe.steps, recipe.optimiser)
    const learned =
      recipe.stage === 'ppo'
        ? await this.#ppo(rollouts, learningRate, clock, random)
        : await this.#grpo(rollouts, learningRate, clock, random)
    const tokens = rollouts.reduce((sum, { response }) => sum + response.length, 0)
    return {
      loss: learned.metrics['loss/policy_avg']!,
      learningRate,
      gradientNorm: learned.metrics['policy/grad_norm']!,
      tokens,
      metrics: { ...learned.metrics, ...round, ...this.#judged(rollouts, numbers), lr: learningRate, ...clock.metrics(tokens) }
    }
  }

  /** Draws prompts and lets the policy answer. */
  async #rollOut(random: Random): Promise<{ rollouts: Rollout[]; numbers: number[] }> {
    const { recipe, prompts } = this.start
    const group = recipe.stage === 'grpo' ? recipe.grpo.group : 1
    const count = rolloutSettings(recipe).rollouts / group
    const drawn = Array.from({ length: count }, () => random.integer(prompts.length))
    const numbers = drawn.flatMap(number => Array.from({ length: group }, () => number))
    const asked = numbers.map(number => this.shape.asked[number]!)
    return { rollouts: await rollOut(this.plans.policy, asked, this.shape.rollout, random), numbers }
  }

  /** Answers are mostly shorter than they may be; what is closed for the reward model is the longest. */
  #lengthOf(rollouts: readonly Rollout[]): number {
    return neededLength(rollouts, 2, this.shape.length)
  }

  async #ppo(rollouts: Rollout[], policyRate: number, clock: IterationClock, random: Random) {
    const { recipe } = this.start
    if (recipe.stage !== 'ppo') throw new Error('Expected a recipe of PPO.')
    const { ppo, optimiser, batch } = recipe
    const { length, format } = this.shape
    const settings = {
      ...ppo,
      valueCoefficient,
      beta: this.#beta,
      penalty: ppo.endPenalty,
      stopKl: ppo.epochDivergence ?? Infinity
    }
    const models = { ...this.plans, value: this.plans.value! }
    const { experience, entropy } = await clock.during('scoring', async () => {
      const gathered = await gatherExperience(models, rollouts, settings, { length, format })
      this.#health.check(rollouts, gathered)
      return { experience: gathered, entropy: await this.#entropy(gathered) }
    })
    const rates = {
      policy: policyRate,
      value: optimiser.learningRate > 0 ? (policyRate / optimiser.learningRate) * ppo.valueLearningRate : ppo.valueLearningRate
    }
    const update = await clock.during('update', async () => {
      const learned = await learn(models, experience, settings, batch.size, rates, random)
      return { ...learned, ...(await this.#readDocuments(ppo.pretraining, policyRate, random)) }
    })
    const metrics: Record<string, number> = { ...rolloutMetrics(experience, rollouts, settings), ...entropy, ...update }
    if (ppo.targetDivergence !== undefined)
      this.#beta = adaptBeta(this.#beta, metrics['objective/kl']!, rollouts.length, {
        target: ppo.targetDivergence,
        horizon: betaHorizon
      })
    return { metrics }
  }

  async #grpo(rollouts: Rollout[], rate: number, clock: IterationClock, random: Random) {
    const { recipe } = this.start
    if (recipe.stage !== 'grpo') throw new Error('Expected a recipe of GRPO.')
    const { grpo, batch } = recipe
    const { format } = this.shape
    const length = this.#lengthOf(rollouts)
    const settings = { ...grpo, penalty: grpo.endPenalty, stopKl: grpo.epochDivergence ?? Infinity }
    const { groups, entropy } = await clock.during('scoring', async () => {
      const gathered = await gatherGroups(this.plans, rollouts, settings, { length, format })
      this.#health.check(rollouts, gathered)
      return { groups: gathered, entropy: await this.#entropy(gathered) }
    })
    const update = await clock.during('update', () => learnFromGroups(this.plans, groups, settings, batch.size, rate, random))
    const metrics: Record<string, number> = {
      ...rolloutMetrics(groups, rollouts, settings),
      'objective/score_std': groups.deviation,
      ...entropy,
      ...update
    }
    return { metrics }
  }

  /** Entropy on the first minibatch: exact over the vocabulary, and enough of the tokens for a curve. */
  async #entropy({ packed }: RolloutFigures): Promise<Record<string, number>> {
    const end = this.start.recipe.batch.size * packed.length
    const [tokens, targets] = [packed.tokens.slice(0, end), packed.targets.slice(0, end)]
    const logits = await this.plans.policy.outputs({ tokens, targets }, 'logits', packed.length)
    return { 'policy/entropy_avg': meanEntropy(logits, targets, this.shape.rollout.temperature) }
  }

  /**
   * Steps on pretraining documents after an iteration's updates (Ouyang et al. 2022 add their gradient to PPO's;
   * here the two take turns, each with its own moments).
   * @param share of the iteration's updates
   */
  async #readDocuments(share: number, rate: number, random: Random): Promise<Record<string, number>> {
    const { documents, policy } = this.plans
    const text = this.start.documents
    if (!documents || !text) return {}
    const { recipe } = this.start
    const { rollouts, epochs } = rolloutSettings(recipe)
    const steps = Math.max(1, Math.round((share * epochs * rollouts) / recipe.batch.size))
    await documents.writeParameters(await policy.readParameters())
    const starts = randomStarts(text, this.shape.length, steps * recipe.batch.size, random)
    const batch = windowsAt(text, starts, this.shape.length, 'every')
    const { losses } = await documents.train(batch, new Float64Array(steps).fill(rate))
    await policy.writeParameters(await documents.readParameters())
    return { 'loss/pretraining_avg': losses.reduce((sum, loss) => sum + loss, 0) / steps }
  }

  /** What the rater, whom the policy does not know, thinks of the answers. */
  #judged(rollouts: readonly Rollout[], numbers: readonly number[]): Record<string, number> {
    const { prompts, rater } = this.start
    const judgements = rollouts.map((rollout, i) => rater.judge(prompts[numbers[i]!]!, this.#text(rollout)))
    const quality = judgements.reduce((sum, judgement) => sum + judgement.quality, 0) / judgements.length
    const asked = judgements.filter(({ right }) => right !== undefined)
    return {
      'rater/quality': quality,
      ...(asked.length > 0 && { 'rater/right': asked.filter(({ right }) => right).length / asked.length })
    }
  }

  /** The shown prompts, with what was said at first and what is said now with the same draws. */
  async shown(): Promise<RolloutPair[]> {
    const { prompts } = this.start
    const rollouts = await this.#answerShown()
    const rewards = await scoreRollouts(this.plans.reward, rollouts, this.shape.length, this.shape.format)
    return rollouts.map((rollout, i) => ({
      prompt: prompts[this.#shown[i]!]!.text,
      first: this.#first[i]!,
      current: this.#text(rollout),
      reward: rewards[i]!
    }))
  }

  #answerShown(): Promise<Rollout[]> {
    const asked = this.#shown.map(number => this.shape.asked[number]!)
    return rollOut(this.plans.policy, asked, this.shape.rollout, seededRandom(this.start.recipe.seed, shownStream))
  }

  /** The reward model is trained further in rounds. */
  get rewardLearns(): boolean {
    return this.#rounds.learns
  }

  #text({ response }: Pick<Rollout, 'response'>): string {
    return decodeSpoken(this.start.tokenizer, response)
  }

  memory(): PolicyMemory {
    return {
      beta: this.#beta,
      first: this.#first,
      comparisons: this.#rounds.memory(),
      health: this.#health.state()
    }
  }

  /** Goes on from a checkpoint, once the models that are trained have their states again. */
  async restore({ beta, first, comparisons, health }: PolicyMemory): Promise<void> {
    await this.plans.reference.writeParameters(this.start.policy)
    if (!this.rewardLearns) await this.plans.reward.writeParameters(this.start.reward)
    this.#beta = beta
    this.#first = first
    this.#rounds.restore(comparisons)
    this.#health = new RolloutHealth(health)
  }
}

/** Weight of the value loss in the reported total (TRL's default). */
const valueCoefficient = 0.1
/** Answers after which an adaptive weight has moved fully (TRL's default). */
const betaHorizon = 10_000
