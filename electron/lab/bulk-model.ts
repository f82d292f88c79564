/** A model for hundreds of completions at once: the engine's batched decoding, and its outputs for whole batches. */
import { LabFailure } from '../contract/failure.ts'
import { chatIds, encodePrompt } from '../corpora/chat.ts'
import type { Engine, Plan } from '../engine/plan.ts'
import type { LoadedModel } from './loaded-model.ts'
import type { Turns } from './turns.ts'

/** Streams that are decoded, and sequences that are computed, at a time. */
const width = 16
/** Sharp enough that only equal logits are drawn between: greedy decoding. */
const greedyTemperature = 1e-4

export interface BulkOptions {
  readonly engine: Engine
  readonly threads: number
  readonly turn: Turns
  readonly signal: AbortSignal
}

export interface Drawing {
  readonly maxTokens: number
  /** Above 0; `greedy` always takes the most probable token. */
  readonly temperature: number | 'greedy'
  readonly seed: number
  readonly endTokens: readonly number[]
}

/** What was drawn for one prompt. */
export interface Completion {
  readonly prompt: Int32Array
  /** New tokens, without the one that ended it. */
  readonly tokens: Int32Array
  readonly ended: boolean
}

export class BulkModel {
  readonly context: number
  readonly vocabulary: number

  private constructor(
    readonly model: LoadedModel,
    readonly plan: Plan,
    readonly options: BulkOptions
  ) {
    this.context = model.summary.sizes.context
    this.vocabulary = model.summary.sizes.vocabulary
  }

  /** @throws LabFailure `model-foreign` for a model that is not the lab's own, and those of `Engine.compile` */
  static async open(model: LoadedModel, options: BulkOptions): Promise<BulkModel> {
    const { config, parameters, summary } = model
    if (config.form !== 'lab' || !parameters)
      throw new LabFailure(
        'model-foreign',
        `Expected a model of the lab, which its engine can run, but ${summary.name} is an imported ONNX model.`,
        { model: summary.name }
      )
    const streams = config.head === 'language' ? width : 0
    const plan = options.engine.compile(config.graph, {
      batch: width,
      length: summary.sizes.context,
      threads: options.threads,
      streams
    })
    await plan.writeParameters(parameters)
    return new BulkModel(model, plan, options)
  }

  /** Whether its tokenizer can say a turn of a chat, and it has learnt to. */
  get chats(): boolean {
    return this.model.summary.kind === 'sft' || this.model.summary.kind === 'rlhf'
  }

  /** A prompt in the chat format. @throws LabFailure `tokenizer-foreign` */
  chatPrompt(text: string): Int32Array {
    return encodePrompt(this.model.tokenizer, text)
  }

  /** Tokens at which an answer in the chat format ends. */
  get chatEnd(): number[] {
    const { end, endOfText } = chatIds(this.model.tokenizer)
    return [end, endOfText]
  }

  /** Tokens at which a line ends. */
  get lineEnd(): number[] {
    const { tokenizer } = this.model
    return [...tokenizer.encode('\n'), ...(tokenizer.endToken === undefined ? [] : [tokenizer.endToken])]
  }

  /** Completes every prompt once; prompt i is always drawn with the same numbers, whatever the others are. */
  async complete(prompts: readonly Int32Array[], { maxTokens, temperature, seed, endTokens }: Drawing): Promise<Completion[]> {
    const completions: Completion[] = []
    for (let from = 0; from < prompts.length; from += width) {
      this.options.signal.throwIfAborted()
      const group = prompts.slice(from, from + width)
      const { tokens } = await this.options.turn(() =>
        this.plan.generate({
          prompts: group,
          maxTokens,
          temperature: temperature === 'greedy' ? greedyTemperature : temperature,
          seed: (seed + from * 65_537) % 2 ** 32,
          endTokens
        })
      )
      group.forEach((prompt, i) => {
        const drawn = tokens[i]!
        const ended = drawn.length > 0 && endTokens.includes(drawn.at(-1)!)
        completions.push({ prompt, tokens: ended ? drawn.slice(0, -1) : drawn, ended })
      })
    }
    return completions
  }

  /**
   * A named output of the graph for sequences of up to the context: calls back with the rows (T, columns) of each.
   * Rows beyond a sequence's own are not to be read.
   */
  async outputs(
    sequences: readonly Int32Array[],
    name: string,
    read: (rows: Float32Array, index: number) => void
  ): Promise<void> {
    for (let from = 0; from < sequences.length; from += width) {
      this.options.signal.throwIfAborted()
      const group = sequences.slice(from, from + width)
      const tokens = new Int32Array(group.length * this.context)
      group.forEach((sequence, i) => tokens.set(sequence.subarray(0, this.context), i * this.context))
      const rows = await this.options.turn(() => this.plan.outputs({ tokens }, name))
      const size = rows.length / group.length
      group.forEach((_, i) => read(rows.subarray(i * size, (i + 1) * size), from + i))
    }
  }

  /** log P(continuation | prompt) in nats, for each pair. */
  async logLikelihoods(pairs: readonly { readonly prompt: Int32Array; readonly continuation: Int32Array }[]): Promise<number[]> {
    const sequences = pairs.map(({ prompt, continuation }) => Int32Array.of(...prompt, ...continuation))
    const sums = new Array<number>(pairs.length).fill(0)
    await this.outputs(sequences, 'logits', (rows, index) => {
      const { prompt, continuation } = pairs[index]!
      continuation.forEach((token, i) => {
        const at = (prompt.length + i - 1) * this.vocabulary
        sums[index]! += logSoftmaxAt(rows.subarray(at, at + this.vocabulary), token)
      })
    })
    return sums
  }

  async close(): Promise<void> {
    await this.plan.close()
  }
}

/** ln softmax(logits)[index], in double. */
export function logSoftmaxAt(logits: Float32Array, index: number): number {
  let most = -Infinity
  for (const logit of logits) most = Math.max(most, logit)
  let sum = 0
  for (const logit of logits) sum += Math.exp(logit - most)
  return logits[index]! - most - Math.log(sum)
}

/** softmax(logits / temperature), in double. */
export function softmax(logits: Float32Array, temperature = 1): Float64Array {
  let most = -Infinity
  for (const logit of logits) most = Math.max(most, logit)
  const values = Float64Array.from(logits, logit => Math.exp((logit - most) / temperature))
  const sum = values.reduce((total, value) => total + value, 0)
  return values.map(value => value / sum)
}
