/** The Probe: one look at a text through the full model, kept so that the sampling stages need no second run. */
import { randomUUID } from 'node:crypto'
import type { CallInput, CallOutputs } from '../contract/calls.ts'
import { LabFailure } from '../contract/failure.ts'
import type { Inspection, SamplingSettings, StagesView, TokenView } from '../contract/probe.ts'
import type { FullRun, InferenceSession } from '../onnx/inference.ts'
import { seededRandom } from '../sampling/random.ts'
import { drawToken } from '../sampling/sampler.ts'
import { distributions, probabilityOf, type StageDistribution } from '../sampling/stages.ts'
import type { Tokenizer } from '../tokenizers/tokenizer.ts'
import { breather } from '../tokenizers/vocabulary.ts'
import { logitLens } from './logit-lens.ts'
import type { Models } from './models.ts'
import { promptTokens } from './prompt.ts'
import type { Sessions } from './sessions.ts'
import { stagesView } from './stages-view.ts'

/** Inspections whose logits are kept: more than a person has texts before the eyes. */
const kept = 32

/** What the stages and draws of one inspection need. */
interface Kept {
  /** (vocabulary), of the token after the text. */
  readonly logits: Float32Array
  /** All tokens of the text, those before the context too: the stages look at them. */
  readonly history: readonly number[]
  readonly tokenizer: Tokenizer
}

export class Probe {
  /** Oldest first. */
  readonly #kept = new Map<string, Kept>()

  constructor(
    readonly sessions: Pick<Sessions, 'open'>,
    readonly models: Pick<Models, 'tokenizer'>
  ) {}

  /** How a model's tokenizer cuts a text. */
  async encode({ model, text }: CallInput<'tokens.encode'>): Promise<readonly TokenView[]> {
    const tokenizer = await this.models.tokenizer(model)
    return Array.from(tokenizer.encode(text), id => ({ id, text: tokenizer.text(id) }))
  }

  /**
   * Runs the model over a text, or over the last tokens of it that fit the context, and keeps the logits.
   * A model without the full form gives the next token only: no probabilities of the prompt's tokens, no
   * attention, no lens.
   * @throws LabFailure `model-unknown`, `character-unknown`, `token-out-of-range`, and those of the session
   */
  async inspect({ model: id, provider, ...prompt }: CallInput<'probe.inspect'>): Promise<Inspection> {
    const { session, model } = await this.sessions.open(id, provider)
    const { tokenizer } = model
    const tokens = promptTokens(prompt, tokenizer, session.vocabulary)
    const from = Math.max(0, tokens.length - session.context)
    const seen = tokens.subarray(from)
    const run = session.inspect ? await session.inspect(seen) : await nextOnly(session, seen)
    const probabilities = session.inspect ? await tokenProbabilities(run.logits, seen) : []
    const inspection = randomUUID()
    this.#keep(inspection, {
      // A copy: the rows of the other positions need not stay.
      logits: run.logits.slice(-session.vocabulary),
      history: Array.from(tokens),
      tokenizer
    })
    return {
      id: inspection,
      model: id,
      provider: session.description.provider,
      tokens: Array.from(tokens, (token, i) => {
        const probability = probabilities[i - from]
        return { id: token, text: tokenizer.text(token), ...(probability !== undefined && { probability }) }
      }),
      context: session.context,
      from,
      layers: run.layers,
      heads: run.heads,
      attention: run.attention,
      lens: logitLens(run.lens, session.vocabulary, token => tokenizer.text(token)),
      milliseconds: run.milliseconds
    }
  }

  /**
   * All stages over the kept logits; runs no model.
   * @throws LabFailure `inspection-gone`
   */
  stages({ inspection, settings, rows }: CallInput<'probe.stages'>): StagesView {
    const { logits, history, tokenizer } = this.#find(inspection)
    return stagesView(logits, history, settings, rows, id => tokenizer.text(id))
  }

  /**
   * The whole distribution after every stage; runs no model.
   * @throws LabFailure `inspection-gone`
   */
  distributions(inspection: string, settings: SamplingSettings): readonly StageDistribution[] {
    const { logits, history } = this.#find(inspection)
    return distributions(logits, history, settings)
  }

  /**
   * One token drawn from the kept logits; runs no model.
   * @throws LabFailure `inspection-gone`
   */
  draw({ inspection, settings, seed }: CallInput<'probe.draw'>): CallOutputs['probe.draw'] {
    const { logits, history, tokenizer } = this.#find(inspection)
    const { id, probability } = drawToken(logits, history, settings, seededRandom(seed))
    return { id, text: tokenizer.text(id), probability }
  }

  #keep(id: string, inspection: Kept): void {
    this.#kept.set(id, inspection)
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= kept) break
      this.#kept.delete(oldest)
    }
  }

  /** An inspection, which is then the last to be forgotten. */
  #find(id: string): Kept {
    const found = this.#kept.get(id)
    if (!found)
      throw new LabFailure(
        'inspection-gone',
        `Expected one of the last ${kept} inspections but ${id} is no longer kept. Look at the text again.`,
        { inspection: id, kept }
      )
    this.#kept.delete(id)
    this.#kept.set(id, found)
    return found
  }
}

/** What a model without the full form can say: logits (1, vocabulary) of the token after the text. */
async function nextOnly(session: InferenceSession, tokens: Int32Array): Promise<FullRun> {
  const since = performance.now()
  const logits = await session.next(tokens)
  const nothing = new Float32Array()
  return { logits, attention: nothing, lens: nothing, layers: 0, heads: 0, milliseconds: performance.now() - since }
}

/**
 * Probability of each token after the first, in the distribution that the model had before it.
 * @param logits (T, vocabulary)
 * @returns T values; the first is undefined
 */
async function tokenProbabilities(logits: Float32Array, tokens: Int32Array): Promise<readonly (number | undefined)[]> {
  const vocabulary = logits.length / tokens.length
  const probabilities: (number | undefined)[] = [undefined]
  // A long text over a large vocabulary takes a while: the event loop must stay free.
  const breathe = breather()
  for (let t = 1; t < tokens.length; t++) {
    const row = logits.subarray((t - 1) * vocabulary, t * vocabulary)
    probabilities.push(probabilityOf(row, tokens[t]!))
    await breathe()
  }
  return probabilities
}
