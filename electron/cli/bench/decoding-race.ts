/** One model: our sessions, the engine and transformers.js, in turns, at several numbers of streams. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as rest } from 'node:timers/promises'
import { neutralSampling } from '../../contract/probe.ts'
import type { Engine } from '../../engine/plan.ts'
import { openNativeSession } from '../../lab/native-session.ts'
import type { WeightForm } from '../../onnx/export-forms.ts'
import type { InferenceSession } from '../../onnx/inference.ts'
import { openOnnxSession } from '../../onnx/onnx-session.ts'
import { seededRandom } from '../../sampling/random.ts'
import { writeDecodingFiles, type DecodingFiles, type DecodingModel } from './decoding-models.ts'
import { TransformersPeer, type loadTransformers, type PeerSetting } from './transformers-peer.ts'

export const streamCounts = [1, 3, 16] as const

const promptLength = 32
/** Between two runners, milliseconds. */
const restTime = 200

/** Tokens a second of all streams together: the best round of each. */
export interface StreamsRace {
  readonly streams: number
  readonly fp32: number
  readonly int8: number
  readonly native?: number
  readonly transformers?: { readonly tokensPerSecond: number; readonly setting: PeerSetting; readonly ratio: number }
  /** Of our greedy tokens and the peer's, those up to the first difference; all of them where there is none. */
  readonly agreeing?: number
}

export interface DecodingRace {
  readonly model: string
  readonly title: string
  readonly parameters: number
  readonly threads: number
  readonly races: readonly StreamsRace[]
  /** Largest difference of a logit between eight-bit and float32 weights, and the logits' standard deviation. */
  readonly int8: { readonly largestDifference: number; readonly deviation: number }
  /** 99th percentile and maximum of the main thread's delay while our sessions decoded, milliseconds: of all turns the worst. */
  readonly loopDelay: { readonly p99: number; readonly max: number }
  readonly ok: boolean
}

interface Runner {
  readonly name: string
  decode(prompts: readonly Int32Array[], tokens: number, delay?: LoopDelay): Promise<{ tokens: number[][]; seconds: number }>
}

/** The event loop's delay while something runs, milliseconds: of several times the worst. */
class LoopDelay {
  p99 = 0
  max = 0

  async during<T>(work: () => Promise<T>): Promise<T> {
    // A histogram that is enabled again counts the time in between as a delay.
    const histogram = monitorEventLoopDelay({ resolution: 1 })
    histogram.enable()
    try {
      return await work()
    } finally {
      histogram.disable()
      // It counts the timer's own millisecond.
      this.p99 = Math.max(this.p99, histogram.percentile(99) / 1e6 - 1)
      this.max = Math.max(this.max, histogram.max / 1e6 - 1)
    }
  }
}

function sessionRunner(name: string, session: InferenceSession): Runner {
  const greedy = { settings: { ...neutralSampling, greedy: true }, seed: 0, endTokens: [] }
  return {
    name,
    decode: async (prompts, maxTokens, delay) => {
      const start = performance.now()
      const work = () => session.decode({ ...greedy, prompts, maxTokens }, () => {})
      const streams = await (delay ? delay.during(work) : work())
      return { tokens: streams.map(({ tokens }) => [...tokens]), seconds: (performance.now() - start) / 1000 }
    }
  }
}

function promptsFor(streams: number, vocabulary: number): Int32Array[] {
  const random = seededRandom(streams)
  return Array.from({ length: streams }, () => Int32Array.from({ length: promptLength }, () => random.integer(vocabulary)))
}

const rate = (streams: number, tokens: number, seconds: number) => (streams * tokens) / seconds

/** The peer's fastest setting for this number of streams: each is warmed up and timed twice. */
async function bestPeer(peers: readonly TransformersPeer[], prompts: readonly Int32Array[]): Promise<TransformersPeer> {
  let best: { peer: TransformersPeer; seconds: number } | undefined
  for (const peer of peers) {
    await peer.decode(prompts, 4)
    const seconds = Math.min((await peer.decode(prompts, 16)).seconds, (await peer.decode(prompts, 16)).seconds)
    if (!best || seconds < best.seconds) best = { peer, seconds }
  }
  return best!.peer
}

export interface DecodingOptions {
  readonly threads: number
  readonly rounds: number
  /** New tokens of each stream. */
  readonly tokens: number
  readonly engine?: Engine
  readonly transformers?: Awaited<ReturnType<typeof loadTransformers>>
  note(text: string): void
}

export async function raceDecoding(model: DecodingModel, options: DecodingOptions): Promise<DecodingRace> {
  const { threads, engine, transformers, note } = options
  note(`${model.name}: files`)
  const files = await writeDecodingFiles(model)
  const sessions: InferenceSession[] = []
  const peers: TransformersPeer[] = []
  const opened = async (session: Promise<InferenceSession>) => {
    sessions.push(await session)
    return session
  }
  try {
    const onnx = (form: WeightForm) => opened(openOwn(files, model, form, threads))
    const [fp32, int8] = [await onnx('fp32'), await onnx('int8')]
    const native = engine && (await opened(openEngine(files, engine, threads, fp32)))
    if (transformers)
      for (const attention of ['standard', 'decomposed'] as const)
        for (const count of new Set([1, threads]))
          peers.push(await TransformersPeer.open(transformers, files.folders[attention], { attention, threads: count }))

    const delay = new LoopDelay()
    const own = [sessionRunner('fp32', fp32), sessionRunner('int8', int8)]
    if (native) own.push(sessionRunner('native', native))
    const races: StreamsRace[] = []
    for (const streams of streamCounts) races.push(await raceStreams(streams, model, own, peers, delay, options))
    return {
      model: model.name,
      title: model.title,
      parameters: files.parameterCount,
      threads: fp32.description.threads,
      races,
      int8: await compareLogits(fp32, int8, model),
      loopDelay: { p99: delay.p99, max: delay.max },
      ok: races.every(({ agreeing }) => agreeing === undefined || agreeing >= 10)
    }
  } finally {
    await Promise.all([...sessions, ...peers].map(open => open.close()))
    await files.remove()
  }
}

function openOwn(files: DecodingFiles, { sizes }: DecodingModel, form: WeightForm, threads: number): Promise<InferenceSession> {
  const { graph, weights, cache } = files
  return openOnnxSession({ source: { kind: 'graph', graph, weights, cache, form }, sizes, provider: 'cpu', threads })
}

function openEngine(files: DecodingFiles, engine: Engine, threads: number, onnx: InferenceSession): Promise<InferenceSession> {
  const { graph, parameters } = files
  return openNativeSession({
    graph,
    parameters,
    engine,
    threads,
    requested: 'native',
    refused: [],
    turn: work => work(),
    openOnnx: async () => onnx
  })
}

async function raceStreams(
  streams: number,
  { name, sizes }: DecodingModel,
  own: readonly Runner[],
  peers: readonly TransformersPeer[],
  delay: LoopDelay,
  { rounds, tokens, note }: DecodingOptions
): Promise<StreamsRace> {
  const prompts = promptsFor(streams, sizes.vocabulary)
  note(`${name}, ${streams} streams: the peer’s best setting`)
  const peer = peers.length > 0 ? await bestPeer(peers, prompts) : undefined
  // A full context ends a stream.
  const length = Math.min(tokens, sizes.context - promptLength)
  const runners: Runner[] = [...own]
  if (peer) runners.push({ name: 'transformers', decode: (texts, count) => peer.decode(texts, count) })
  const best = new Map<string, number>()
  const said = new Map<string, number[][]>()
  // The first round warms up and is not counted; the event loop is watched in it alone, since the watching timer wakes the main thread all the time.
  for (let round = 0; round <= rounds; round++) {
    note(`${name}, ${streams} streams: round ${round} of ${rounds}`)
    for (const runner of runners) {
      // What ran before falls asleep and is swept up first: threads that still spin would slow the next one down.
      await rest(restTime)
      const decoded = await runner.decode(prompts, length, round === 0 ? delay : undefined)
      said.set(runner.name, decoded.tokens)
      if (round > 0) best.set(runner.name, Math.max(best.get(runner.name) ?? 0, rate(streams, length, decoded.seconds)))
    }
  }
  const [fp32, theirs, native] = [best.get('fp32')!, best.get('transformers'), best.get('native')]
  return {
    streams,
    fp32,
    int8: best.get('int8')!,
    ...(native !== undefined && { native }),
    ...(peer &&
      theirs !== undefined && {
        transformers: { tokensPerSecond: theirs, setting: peer.setting, ratio: fp32 / theirs },
        agreeing: agreeing(said.get('fp32')!, said.get('transformers')!)
      })
  }
}

/** The shortest run of equal tokens at the beginning of any stream. */
function agreeing(ours: readonly number[][], theirs: readonly number[][]): number {
  return Math.min(
    ...ours.map((tokens, i) => {
      const place = tokens.findIndex((token, at) => token !== theirs[i]![at])
      return place < 0 ? tokens.length : place
    })
  )
}

async function compareLogits(
  exact: InferenceSession,
  rounded: InferenceSession,
  { sizes }: DecodingModel
): Promise<DecodingRace['int8']> {
  let largestDifference = 0
  let squares = 0
  let count = 0
  for (const prompt of promptsFor(8, sizes.vocabulary)) {
    const [a, b] = [await exact.next(prompt), await rounded.next(prompt)]
    const mean = a.reduce((sum, value) => sum + value, 0) / a.length
    a.forEach((value, i) => {
      largestDifference = Math.max(largestDifference, Math.abs(value - b[i]!))
      squares += (value - mean) ** 2
      count++
    })
  }
  return { largestDifference, deviation: Math.sqrt(squares / count) }
}
