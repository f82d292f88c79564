/** What a reward model says of completions. */
import type { CallInput, CallOutputs } from '../contract/calls.ts'
import { LabFailure } from '../contract/failure.ts'
import { chatIds, encodeForReward } from '../corpora/chat.ts'
import { inTurns } from '../engine/in-turns.ts'
import type { Plan } from '../engine/plan.ts'
import type { Tokenizer } from '../tokenizers/tokenizer.ts'
import type { EngineAccess } from './engine.ts'
import type { Models } from './models.ts'
import type { Turns } from './turns.ts'

/** A reward model that is ready to be asked. */
interface OpenedJudge {
  /** Changes when the weights do. */
  readonly key: string
  readonly plan: Plan
  readonly tokenizer: Tokenizer
  readonly context: number
}

export interface ScoringSurroundings {
  readonly models: Models
  readonly engine: EngineAccess
  readonly turn: Turns
  threads(): number
}

/** Scores of the lab's reward models; the one that was asked last stays open. */
export class Scoring {
  #judge: Promise<OpenedJudge> | undefined

  constructor(readonly lab: ScoringSurroundings) {}

  /**
   * Scores of completions of a prompt: the higher, the better; only their differences mean anything.
   * @throws LabFailure `model-no-score` for a model that is no reward model, `context-too-long`, those of loading
   */
  async score({ model, prompt, completions }: CallInput<'score'>): Promise<CallOutputs['score']> {
    const { plan, tokenizer, context } = await this.#open(model)
    const tokens = new Int32Array(completions.length * context).fill(chatIds(tokenizer).endOfText)
    const places = completions.map((completion, row) => {
      const judged = encodeForReward(tokenizer, prompt, completion)
      if (judged.tokens.length > context)
        throw new LabFailure(
          'context-too-long',
          `Expected prompt and completion of at most ${context} tokens together but they have ${judged.tokens.length}. Shorten one of them.`,
          { context, length: judged.tokens.length }
        )
      tokens.set(judged.tokens, row * context)
      return row * context + judged.at
    })
    const scores = await plan.outputs({ tokens }, 'scores')
    return { scores: places.map(place => scores[place]!) }
  }

  async #open(id: string): Promise<OpenedJudge> {
    const { summary, config, tokenizer, parameters, key } = await this.lab.models.load(id)
    if (config.form !== 'lab' || config.head !== 'score' || !parameters) throw noScore(summary.name)
    const before = this.#judge
    const known = await before?.catch(() => undefined)
    if (known?.key === key) return known
    const opening = (async () => {
      await known?.plan.close()
      const { graph, sizes } = config
      const options = { batch: 1, length: sizes.context, threads: this.lab.threads() }
      const plan = inTurns(this.lab.engine.get().compile(graph, options), this.lab.turn)
      await plan.writeParameters(parameters)
      return { key, plan, tokenizer, context: sizes.context }
    })()
    this.#judge = opening
    return opening
  }

  async close(): Promise<void> {
    const judge = await this.#judge?.catch(() => undefined)
    await judge?.plan.close()
  }
}

/** What a model that is no reward model is refused with. */
export function noScore(model: string): LabFailure {
  return new LabFailure('model-no-score', `${model} is no reward model and gives no scores. Choose a reward model.`, { model })
}
