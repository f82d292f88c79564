/** One model: iterations of PPO by the engine and by PyTorch, in turns, from the same weights and prompts. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Engine, Plan } from '../../engine/plan.ts'
import type { GptConfig } from '../../graph/gpt.ts'
import { elements, type Graph } from '../../graph/graph.ts'
import { policyGraph, rewardGraph, valueGraph } from '../../graph/heads.ts'
import type { Parameters } from '../../graph/parameters.ts'
import { shuffledOrder } from '../../sampling/choices.ts'
import { seededRandom } from '../../sampling/random.ts'
import { gatherExperience, learn, type PpoModels, type PpoSettings } from '../../training/ppo.ts'
import { rollOut, type Rollout } from '../../training/rollouts.ts'
import { TorchProcess, type TorchSetting } from './torch-process.ts'

export interface PpoModel {
  readonly name: string
  readonly title: string
  readonly config: GptConfig
}

const gpt = { bias: false, tied: true, dropout: 0, context: 128, vocabulary: 800 }
export const ppoModels: readonly PpoModel[] = [
  { name: 'S', title: '4 layers, 4 heads, 96 channels, vocabulary 800', config: { ...gpt, layers: 4, heads: 4, channels: 96 } },
  { name: 'M', title: '6 layers, 6 heads, 192 channels, vocabulary 800', config: { ...gpt, layers: 6, heads: 6, channels: 192 } }
]

/** Sizes of an iteration: all answers have the full length, so that both sides do the same work. */
export const iteration = { rollouts: 64, batch: 16, promptLength: 12, responseLength: 24 }
const { rollouts: count, batch, promptLength, responseLength } = iteration
/** Prompt, answer, and the two tokens that close it for the reward model. */
const length = promptLength + responseLength + 2
const format = { endToken: 1, rewardToken: 2 }
const temperature = 0.7
const learningRate = 1e-4
const gradientClip = 1
const settings: PpoSettings = {
  beta: 0.05,
  gamma: 1,
  lambda: 0.95,
  clip: 0.2,
  valueClip: 0.2,
  valueCoefficient: 0.1,
  penalty: 1,
  epochs: 4,
  stopKl: Infinity
}
/** Largest difference of a minibatch's losses. */
const lossTolerance = 1e-3

export interface IterationTimes {
  readonly rollout: number
  readonly scoring: number
  readonly update: number
}

export interface PpoRace {
  readonly model: string
  readonly title: string
  readonly parameters: number
  /** The quickest iteration, seconds, and the threads that it ran on. */
  readonly own: IterationTimes & { readonly threads: number }
  /** Tokens drawn a second, all streams together. */
  readonly tokensPerSecond: number
  readonly torch?: IterationTimes & {
    readonly tokensPerSecond: number
    readonly setting: TorchSetting
    readonly version: string
    /** PyTorch's time to ours: whole iterations, and rollouts alone. */
    readonly ratio: number
    readonly rolloutRatio: number
    /** Largest difference of the losses of an iteration's minibatches. */
    readonly lossDifference: number
  }
  readonly ok: boolean
}

export const secondsOf = ({ rollout, scoring, update }: IterationTimes): number => rollout + scoring + update

export async function racePpo(
  engine: Engine,
  model: PpoModel,
  {
    threads,
    rounds,
    withTorch,
    note
  }: { readonly threads: number; readonly rounds: number; readonly withTorch: boolean; note(text: string): void }
): Promise<PpoRace> {
  const loops: OwnLoop[] = []
  for (const many of new Set([1, threads])) loops.push(await OwnLoop.open(engine, model.config, many))
  const own = loops.at(-1)!
  const files = await writePeerFiles(own, model.config)
  let torch: { peer: TorchProcess; setting: TorchSetting } | undefined
  try {
    note(`${model.name}: the same iteration on both sides`)
    const checked = await own.check()
    if (withTorch) {
      note(`${model.name}: PyTorch’s best setting`)
      const setting = await bestSetting(files.setup, threads)
      torch = { peer: await TorchProcess.start('torch_ppo.py', files.setup, setting), setting }
    }
    const lossDifference = torch ? difference(checked.losses, (await torch.peer.ask<Checked>({ check: checked })).losses) : 0
    const times = { own: [] as (IterationTimes & { threads: number })[], torch: [] as IterationTimes[] }
    // The first round warms up and is not counted.
    for (let round = 0; round <= rounds; round++) {
      note(`${model.name}: round ${round} of ${rounds}`)
      const mine = []
      for (const loop of loops) mine.push({ ...(await loop.iterate(round)), threads: loop.threads })
      const theirs = torch && (await torch.peer.ask<IterationTimes>({ iterate: 1 }))
      if (round === 0) continue
      times.own.push(...mine)
      if (theirs) times.torch.push(theirs)
    }
    const tokens = count * responseLength
    const quickest = best(times.own)
    const rollout = Math.min(...times.own.map(each => each.rollout))
    const peer = torch && {
      ...best(times.torch),
      tokensPerSecond: tokens / Math.min(...times.torch.map(each => each.rollout)),
      setting: torch.setting,
      version: torch.peer.version,
      ratio: secondsOf(best(times.torch)) / secondsOf(quickest),
      rolloutRatio: Math.min(...times.torch.map(each => each.rollout)) / rollout,
      lossDifference
    }
    return {
      model: model.name,
      title: model.title,
      parameters: own.graphs.policy.parameters.reduce((sum, { shape }) => sum + elements(shape), 0),
      own: quickest,
      tokensPerSecond: tokens / rollout,
      ...(peer && { torch: peer }),
      ok: lossDifference <= lossTolerance
    }
  } finally {
    torch?.peer.close()
    for (const loop of loops) await loop.close()
    await files.remove()
  }
}

const best = <T extends IterationTimes>(times: readonly T[]): T =>
  times.reduce((quickest, each) => (secondsOf(each) < secondsOf(quickest) ? each : quickest))

interface Checked {
  /** Policy and value loss of every minibatch. */
  readonly losses: readonly (readonly [number, number])[]
}

function difference(ours: Checked['losses'], theirs: Checked['losses']): number {
  return Math.max(...ours.flatMap((pair, i) => pair.map((loss, k) => Math.abs(loss - theirs[i]![k]!))))
}

/** PyTorch's and OpenBLAS' threads with which it is fastest: each does an iteration to warm up and one that is timed. */
async function bestSetting(setup: object, threads: number): Promise<TorchSetting> {
  let fastest: { setting: TorchSetting; seconds: number } | undefined
  const settings = [
    { threads: 1, blas: 1 },
    { threads: 1, blas: threads },
    { threads, blas: threads }
  ]
  for (const setting of settings.map(each => ({ ...each, foreach: true }))) {
    const peer = await TorchProcess.start('torch_ppo.py', setup, setting)
    await peer.ask<IterationTimes>({ iterate: 1 })
    const seconds = secondsOf(await peer.ask<IterationTimes>({ iterate: 1 }))
    peer.close()
    if (!fastest || seconds < fastest.seconds) fastest = { setting, seconds }
  }
  return fastest!.setting
}

/** The engine's side. */
class OwnLoop {
  readonly prompts: readonly Int32Array[]

  private constructor(
    readonly graphs: { readonly policy: Graph; readonly value: Graph; readonly reward: Graph },
    readonly weights: { readonly policy: Parameters; readonly value: Parameters },
    readonly plans: PpoModels,
    readonly threads: number
  ) {
    const random = seededRandom(2024)
    const { vocabulary } = graphs.policy
    this.prompts = Array.from({ length: count }, () =>
      Int32Array.from({ length: promptLength }, () => 3 + random.integer(vocabulary - 3))
    )
  }

  static async open(engine: Engine, config: GptConfig, threads: number): Promise<OwnLoop> {
    const graphs = {
      policy: policyGraph(config, { temperature, clip: settings.clip }),
      value: valueGraph(config, { clip: settings.valueClip }),
      reward: rewardGraph(config)
    }
    const weights = { policy: drawn(graphs.policy, 1), value: drawn(graphs.value, 2) }
    const optimiser = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, decayed: [], clip: gradientClip }
    const compile = (graph: Graph, streams = 0) => engine.compile(graph, { batch, length, threads, streams, optimiser })
    const plans = {
      policy: compile(graphs.policy, count),
      reference: compile(graphs.policy),
      value: compile(graphs.value),
      reward: compile(graphs.reward)
    }
    const loop = new OwnLoop(graphs, weights, plans, threads)
    await loop.reset()
    return loop
  }

  async reset(): Promise<void> {
    const { policy, reference, value, reward } = this.plans
    for (const [plan, weights] of [
      [policy, this.weights.policy],
      [reference, this.weights.policy],
      [value, this.weights.value],
      [reward, this.weights.value]
    ] as const)
      await plan.writeParameters(weights)
  }

  /** Answers of the full length: nothing ends one. */
  #rollOut(seed: number): Promise<Rollout[]> {
    const options = { streams: count, maxTokens: responseLength, temperature, endToken: -1 }
    return rollOut(this.plans.policy, this.prompts, options, seededRandom(seed))
  }

  #gather(rollouts: readonly Rollout[]) {
    return gatherExperience(this.plans, rollouts, settings, { length, format })
  }

  async iterate(seed: number): Promise<IterationTimes> {
    const start = performance.now()
    const rollouts = await this.#rollOut(seed)
    const rolled = performance.now()
    const experience = await this.#gather(rollouts)
    const scored = performance.now()
    const rates = { policy: learningRate, value: learningRate }
    await learn(this.plans, experience, settings, batch, rates, seededRandom(seed, 1))
    const end = performance.now()
    return { rollout: (rolled - start) / 1000, scoring: (scored - rolled) / 1000, update: (end - scored) / 1000 }
  }

  /** One epoch whose answers, order and losses the other side can follow. */
  async check(): Promise<Checked & { readonly responses: readonly number[][]; readonly orders: readonly number[][] }> {
    const rollouts = await this.#rollOut(77)
    const experience = await this.#gather(rollouts)
    const seen = { policy: [] as number[], value: [] as number[] }
    const watching = (name: 'policy' | 'value'): Plan => ({
      ...this.plans[name],
      train: async (...call) => {
        const result = await this.plans[name].train(...call)
        seen[name].push(...result.losses)
        return result
      }
    })
    const watched = { policy: watching('policy'), value: watching('value') }
    const rates = { policy: learningRate, value: learningRate }
    await learn(watched, experience, { ...settings, epochs: 1 }, batch, rates, seededRandom(77))
    const orders = [shuffledOrder(count, seededRandom(77))]
    const losses = seen.policy.map((loss, i): [number, number] => [loss, seen.value[i]!])
    return { responses: rollouts.map(({ response }) => [...response]), orders, losses }
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.plans as unknown as Record<string, Plan>).map(plan => plan.close()))
  }
}

/** Weights with which the models say different things: what is measured does not depend on them. */
function drawn(graph: Graph, seed: number): Parameters {
  const random = seededRandom(seed)
  return new Map(
    graph.parameters.map(({ name, shape, init }) => {
      const values = new Float32Array(elements(shape))
      if (init.kind === 'ones') values.fill(1)
      // Even numbers of the same deviation: nothing here needs them normal.
      if (init.kind === 'normal')
        values.forEach((_, i) => (values[i] = (random.uniform() - 0.5) * Math.sqrt(12) * init.deviation))
      return [name, values]
    })
  )
}

async function writePeerFiles({ graphs, weights, prompts }: OwnLoop, config: GptConfig) {
  const folder = await mkdtemp(join(tmpdir(), 'gptlab-bench-'))
  const write = async (name: string, values: Iterable<Float32Array | Int32Array>) => {
    const path = join(folder, name)
    await writeFile(path, Buffer.concat([...values].map(part => Buffer.from(part.buffer, part.byteOffset, part.byteLength))))
    return path
  }
  const shapes = (graph: Graph) => graph.parameters.map(({ name, shape }) => [name, shape])
  return {
    setup: {
      config,
      models: {
        policy: { path: await write('policy', weights.policy.values()), shapes: shapes(graphs.policy) },
        value: { path: await write('value', weights.value.values()), shapes: shapes(graphs.value) }
      },
      prompts: await write('prompts', prompts),
      ...iteration,
      ...format,
      ...settings,
      stopKl: 0,
      temperature,
      learningRate,
      gradientClip
    },
    remove: () => rm(folder, { recursive: true, force: true })
  }
}
