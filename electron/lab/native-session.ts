/** A session on the lab's own engine: provider `native`. */
import type { ProviderName, ProviderRefusal } from '../contract/models.ts'
import type { Engine, Plan } from '../engine/plan.ts'
import type { Graph } from '../graph/graph.ts'
import type { Parameters } from '../graph/parameters.ts'
import type { InferenceSession } from '../onnx/inference.ts'
import { measureToken } from '../onnx/token-time.ts'
import { checkTokens } from '../onnx/token-check.ts'
import { decodeStreams, type StreamModel, type StreamTokens } from '../sampling/decode-streams.ts'
import { createTurns, type Turns } from './turns.ts'

/** Rows of a prompt that are computed at a time, since each gives a whole row of logits. */
const promptRows = 128

export interface NativeOptions {
  readonly graph: Graph
  readonly parameters: Parameters
  readonly engine: Engine
  readonly threads: number
  readonly requested: ProviderName | 'auto'
  readonly refused: readonly ProviderRefusal[]
  /** Waits for a turn at the processor, so that a run and a session do not fight for it. */
  readonly turn: Turns
  /** The same model in ONNX Runtime, for what the engine does not show: attention and the logit lens. */
  openOnnx(): Promise<InferenceSession>
}

/**
 * Opens a model on the engine.
 * @throws LabFailure of `Engine.compile` and `Plan.writeParameters`
 */
export async function openNativeSession(options: NativeOptions): Promise<InferenceSession> {
  const { graph, threads, turn } = options
  const { context, vocabulary } = graph
  // Texts as they are and one stream; several streams have a plan of their own.
  const single = await compile(options, 1)
  const several = new GrowingPlan(options)
  // Requests share a plan's streams, so they go one after the other.
  const decoding = createTurns()
  let onnx: Promise<InferenceSession> | undefined
  const closed = new AbortController()

  const description = {
    provider: 'native',
    requested: options.requested,
    refused: options.refused,
    operations: { native: graph.nodes.filter(({ op }) => op !== 'dropout' && op !== 'cross-entropy').length },
    weights: 'fp32',
    attention: 'standard',
    threads,
    millisecondsPerToken: await measureToken(new PlanStreams(single, context, turn))
  } as const
  const logitsOf = (tokens: Int32Array) => turn(() => single.logits(tokens, tokens.length))

  return {
    description,
    context,
    vocabulary,
    async inspect(tokens) {
      checkTokens(tokens, graph)
      onnx ??= options.openOnnx()
      const session = await onnx.catch((error: unknown) => {
        onnx = undefined
        throw error
      })
      const start = performance.now()
      const logits = await logitsOf(tokens)
      const milliseconds = performance.now() - start
      return { ...(await session.inspect!(tokens)), logits, milliseconds }
    },
    async next(tokens) {
      checkTokens(tokens, graph)
      return (await logitsOf(tokens)).slice(-vocabulary)
    },
    async decode(request, onToken, signal) {
      for (const prompt of request.prompts) checkTokens(prompt, graph)
      return decoding(async () => {
        const { length } = request.prompts
        const plan = length > 1 ? await several.forStreams(length) : single
        const cancelled = signal ? AbortSignal.any([signal, closed.signal]) : closed.signal
        return decodeStreams(
          new PlanStreams(plan, context, turn),
          request,
          tokens => tokens.forEach(token => onToken?.(token)),
          cancelled
        )
      })
    },
    async close() {
      closed.abort()
      await decoding(() => Promise.all([single.close(), several.close()]))
      await (await onnx?.catch(() => undefined))?.close()
    }
  }
}

type PlanParts = Pick<NativeOptions, 'graph' | 'parameters' | 'engine' | 'threads'>

async function compile({ graph, parameters, engine, threads }: PlanParts, streams: number): Promise<Plan> {
  const plan = engine.compile(graph, { batch: 1, length: graph.context, threads, streams })
  await plan.writeParameters(parameters)
  return plan
}

/** A plan with room for as many streams as a request has had at most; a bigger one takes its place. */
class GrowingPlan {
  #plan: Plan | undefined
  #streams = 0

  constructor(readonly parts: PlanParts) {}

  async forStreams(streams: number): Promise<Plan> {
    if (this.#plan && streams <= this.#streams) return this.#plan
    await this.close()
    this.#streams = streams
    return (this.#plan = await compile(this.parts, streams))
  }

  async close(): Promise<void> {
    await this.#plan?.close()
    this.#plan = undefined
  }
}

/** Streams in the plan's own cache. */
class PlanStreams implements StreamModel {
  readonly #lengths = new Map<number, number>()

  constructor(
    readonly plan: Plan,
    readonly context: number,
    readonly turn: Turns
  ) {}

  async feed(added: readonly StreamTokens[]): Promise<readonly Float32Array[]> {
    if (added.every(({ tokens }) => tokens.length === 1)) return this.#rows(added)
    // Prompts one after the other: only a prompt's last row is wanted.
    const last: Float32Array[] = []
    for (const { stream, tokens } of added)
      for (let from = 0; from < tokens.length; from += promptRows) {
        const piece = tokens.subarray(from, from + promptRows)
        const rows = await this.#rows(Array.from(piece, id => ({ stream, tokens: Int32Array.of(id) })))
        if (from + promptRows >= tokens.length) last.push(rows.at(-1)!)
      }
    return last
  }

  /** One row for each token given. */
  async #rows(added: readonly StreamTokens[]): Promise<Float32Array[]> {
    const positions = Int32Array.from(added, ({ stream }) => {
      const position = this.#lengths.get(stream) ?? 0
      this.#lengths.set(stream, position + 1)
      return position
    })
    const streams = Int32Array.from(added, ({ stream }) => stream)
    const tokens = Int32Array.from(added, row => row.tokens[0]!)
    const logits = await this.turn(() => this.plan.decode({ streams, positions, tokens }))
    const vocabulary = logits.length / added.length
    return added.map((_, row) => logits.subarray(row * vocabulary, (row + 1) * vocabulary))
  }
}
