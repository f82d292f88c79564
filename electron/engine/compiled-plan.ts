/** A plan of the addon behind the typed interface: inputs by name, parameters by name, failures as LabFailure. */
import { LabFailure } from '../contract/failure.ts'
import { elements, type Graph } from '../graph/graph.ts'
import { checkParameters, type Parameters } from '../graph/parameters.ts'
import type { NativeAddon, NativeBatch, NativePlan } from './native.ts'
import type { Batch, Engine, OptimiserOptions, Plan, PlanOptions } from './plan.ts'

/** PyTorch's defaults, without decay. */
const plainAdam: OptimiserOptions = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, decayed: [], clip: 0 }

/** An error of the addon as the failure it describes. */
export function labFailure(error: unknown): never {
  if (error instanceof Error && 'code' in error && 'details' in error)
    throw new LabFailure(String(error.code), error.message, error.details as Record<string, string | number>)
  throw error
}

/** The addon's form of a batch. @throws LabFailure `engine-input` for an input of the wrong type, or missing where the batch is to be whole. */
function nativeBatch(graph: Graph, batch: Batch, whole = true): NativeBatch {
  return graph.inputs.map(({ name, type }) => {
    const values = batch[name]
    if (!values) {
      if (!whole) return type === 'int32' ? new Int32Array() : new Float32Array()
      throw new LabFailure('engine-input', `Expected values for the input ${name} but received none.`, { input: name })
    }
    const right = type === 'int32' ? values instanceof Int32Array : values instanceof Float32Array
    if (!right)
      throw new LabFailure('engine-input', `Expected ${type} values for ${name} but received ${values.constructor.name}.`, {
        input: name
      })
    return values
  })
}

/** Arrays for the values of every parameter, in the graph's order. */
function blank(graph: Graph): Float32Array[] {
  return graph.parameters.map(({ shape }) => new Float32Array(elements(shape)))
}

function named(graph: Graph, values: readonly Float32Array[]): Parameters {
  return new Map(graph.parameters.map(({ name }, i) => [name, values[i]!]))
}

function ordered(graph: Graph, values: Parameters): Float32Array[] {
  checkParameters(graph, values)
  return graph.parameters.map(({ name }) => values.get(name)!)
}

/** Rows in the inputs that are there. */
function countRows(graph: Graph, length: number, values: NativeBatch): number {
  const given = values.findIndex(({ length }) => length > 0)
  return given < 0 ? 0 : values[given]!.length * (graph.inputs[given]!.per === 'sequence' ? length : 1)
}

/** Batches in the values of an input; 0 when they are no whole number, which the addon refuses. */
function countBatches(graph: Graph, { batch, length }: PlanOptions, values: NativeBatch): number {
  const first = graph.inputs[0]!
  const count = (values[0]?.length ?? 0) / (first.per === 'sequence' ? batch : batch * length)
  return Number.isInteger(count) ? count : 0
}

/**
 * Compiles a graph on a loaded addon.
 * @throws LabFailure `engine-shape`, `engine-operation`, `engine-simd`, `engine-memory`, `context-too-long`
 */
export function compilePlan(
  addon: NativeAddon,
  engine: Pick<Engine, 'simd' | 'simds'>,
  graph: Graph,
  options: PlanOptions
): Plan {
  const simd = options.simd ?? engine.simd
  if (!engine.simds.includes(simd))
    throw new LabFailure(
      'engine-simd',
      `Expected one of ${engine.simds.join(', ')}, the kernel sets of this machine, but received ${simd}.`,
      { simd, simds: engine.simds.join(', ') }
    )
  const { batch, length, threads } = options
  for (const [name, value] of Object.entries({ batch, length, threads, streams: options.streams ?? 0, seed: options.seed ?? 0 }))
    if (!Number.isSafeInteger(value) || value < 0)
      throw new LabFailure('engine-shape', `Expected a whole number for ${name} but received ${value}.`, {
        name,
        received: String(value)
      })

  let plan: NativePlan
  try {
    plan = addon.compile(graph, {
      batch,
      length,
      threads,
      wait: options.wait ?? 'spin',
      simd,
      seed: options.seed ?? 0,
      streams: options.streams ?? 0,
      optimiser: options.optimiser ?? plainAdam
    })
  } catch (error) {
    labFailure(error)
  }

  const columns = plan.outputs
  const output = async (batch: Batch, name: string, length: number) => {
    const inputs = nativeBatch(graph, batch, false)
    const out = new Float32Array(countRows(graph, length, inputs) * (columns[name] ?? 0))
    await plan.output(inputs, name, length, out).catch(labFailure)
    return out
  }

  return {
    threads,
    simd,
    bytes: plan.bytes,
    async train(values, learningRates, { watch, length: shorter = length } = {}) {
      const steps = learningRates.length
      const [losses, gradientNorms] = [new Float64Array(steps), new Float64Array(steps)]
      const watched = new Float32Array(watch === undefined ? 0 : steps * batch * shorter)
      const inputs = nativeBatch(graph, values)
      const seconds = await plan
        .train(inputs, learningRates, losses, gradientNorms, watch ?? '', watched, shorter)
        .catch(labFailure)
      return { losses, gradientNorms, ...(watch !== undefined && { watched }), seconds }
    },
    async evaluate(values) {
      const inputs = nativeBatch(graph, values)
      const losses = new Float64Array(countBatches(graph, options, inputs))
      await plan.evaluate(inputs, losses).catch(labFailure)
      return losses
    },
    logits: (tokens, sequence) => output({ tokens }, 'logits', sequence),
    outputs: (values, name, shorter = length) => output(values, name, shorter),
    async gradients(values) {
      const gradients = blank(graph)
      const loss = await plan.gradients(nativeBatch(graph, values), gradients).catch(labFailure)
      return { loss, gradients: named(graph, gradients) }
    },
    generate: ({ prompts, maxTokens, temperature, seed, endTokens = [] }) =>
      plan.generate({ prompts, maxTokens, temperature, seed, endTokens: Int32Array.from(endTokens) }).catch(labFailure),
    async decode({ streams, positions, tokens }) {
      const out = new Float32Array(tokens.length * graph.vocabulary)
      await plan.decode(streams, positions, tokens, out).catch(labFailure)
      return out
    },
    async readParameters() {
      const values = blank(graph)
      await plan.read(values, null, null).catch(labFailure)
      return named(graph, values)
    },
    async writeParameters(values) {
      await plan.write(ordered(graph, values), null, null, null).catch(labFailure)
    },
    async readState() {
      const [values, first, second] = [blank(graph), blank(graph), blank(graph)]
      const step = await plan.read(values, first, second).catch(labFailure)
      return { step, parameters: named(graph, values), firstMoments: named(graph, first), secondMoments: named(graph, second) }
    },
    async writeState({ step, parameters, firstMoments, secondMoments }) {
      if (!Number.isSafeInteger(step) || step < 0)
        throw new LabFailure('engine-input', `Expected a whole step number but received ${step}.`, { input: 'step' })
      await plan
        .write(ordered(graph, parameters), ordered(graph, firstMoments), ordered(graph, secondMoments), step)
        .catch(labFailure)
    },
    close: () => plan.close().catch(labFailure)
  }
}
