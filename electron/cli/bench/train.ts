/** `gptlab bench train`: the engine against PyTorch on four models, and its manners. */
import { LabFailure } from '../../contract/failure.ts'
import { loadEngine } from '../../engine/engine.ts'
import { style, table, thousands } from '../terminal.ts'
import type { BenchOptions, Measured } from './measured.ts'
import { torchMissing, type TorchSetting } from './torch-process.ts'
import { measureDecoding, measureSteadiness, type BatchedDecoding, type Steadiness } from './training-manners.ts'
import { trainingModels, type TrainingModel } from './training-models.ts'
import { raceTraining, type TrainingRace } from './training-race.ts'

interface TrainingFigures {
  readonly simd: string
  readonly threads: number
  /** GFLOP/s of multiply-adds in registers. */
  readonly peaks: readonly { readonly threads: number; readonly gigaflops: number }[]
  readonly races: readonly TrainingRace[]
  readonly decoding?: BatchedDecoding
  readonly steadiness?: Steadiness
  /** Why PyTorch was not measured. */
  readonly torchMissing?: string
}

function chosenModels({ quick, only }: BenchOptions): readonly TrainingModel[] {
  const known = trainingModels.map(({ name }) => name)
  const strange = only.find(name => !known.includes(name))
  if (strange !== undefined)
    throw new LabFailure('usage', `Expected one of the models ${known.join(', ')} but received ${strange}.`)
  return trainingModels.filter(({ name }) => (only.length > 0 ? only.includes(name) : !quick || name !== 'B'))
}

/** @throws LabFailure `engine-missing`, `usage` */
export async function measureTraining(options: BenchOptions, note: (text: string) => void): Promise<Measured> {
  const engine = loadEngine()
  const threads = Math.min(2, engine.cores)
  const models = chosenModels(options)
  const rounds = options.quick ? 2 : 5
  const peaks = new Map<number, number>()
  const missing = await torchMissing('torch_gpt.py')
  const races: TrainingRace[] = []
  for (const model of models) races.push(await raceTraining(engine, model, { threads, peaks, rounds, withTorch: !missing, note }))

  const find = (name: string) => models.find(model => model.name === name)
  const [a, d] = [find('A'), find('D')]
  if (d) note('cached decoding')
  const decoding = d && (await measureDecoding(engine, d, threads, rounds))
  if (a) note('2,000 steps')
  const steadiness = a && (await measureSteadiness(engine, a, threads, options.quick ? 300 : 2000))
  const figures: TrainingFigures = {
    simd: engine.simd,
    threads,
    peaks: [...peaks].map(([count, gigaflops]) => ({ threads: count, gigaflops })),
    races,
    ...(decoding && { decoding }),
    ...(steadiness && { steadiness }),
    ...(missing && { torchMissing: missing })
  }
  return { ok: races.every(race => race.ok), result: figures, text: textOf(figures) }
}

const times = (ratio: number) => `${ratio.toFixed(2)}×`
const milliseconds = (value: number) => (value < 1 ? value.toFixed(3) : value.toFixed(1))
const describe = ({ threads, blas, foreach }: TorchSetting) =>
  `${threads} torch, ${blas} OpenBLAS thread${blas > 1 ? 's' : ''}${foreach ? ', foreach' : ''}`

function textOf(figures: TrainingFigures): string {
  const { races, decoding, steadiness } = figures
  const peaks = figures.peaks.map(({ threads, gigaflops }) => `${Math.round(gigaflops)} GFLOP/s on ${threads}`).join(', ')
  const lines = [`${style.strong('Training')} ${style.quiet(`${figures.simd} · multiply-add peak ${peaks}`)}`]
  lines.push(
    table([
      [
        'model',
        'parameters',
        'PyTorch ms',
        '1 thread ms',
        `${figures.threads} threads ms`,
        'ratio',
        'of peak',
        'planned MB',
        'losses'
      ],
      ...races.map(({ model, parameters, own, torch, plannedBytes, ok }) => [
        model,
        thousands(parameters),
        torch ? milliseconds(torch.milliseconds) : '–',
        milliseconds(own[0]!.milliseconds),
        milliseconds(own.at(-1)!.milliseconds),
        torch ? times(torch.ratio) : '–',
        `${Math.round(own.at(-1)!.ofPeak * 100)} %`,
        (plannedBytes / 2 ** 20).toFixed(0),
        `${ok ? 'equal' : 'DIFFER'}${torch ? ` (${torch.lossDifference.toExponential(0)})` : ''}`
      ])
    ])
  )
  for (const { model, title, torch } of races)
    lines.push(style.quiet(`${model}: ${title}${torch ? ` · PyTorch ${torch.version}: ${describe(torch.setting)}` : ''}`))
  if (figures.torchMissing) lines.push(`PyTorch was not measured: ${figures.torchMissing}.`)
  if (decoding)
    lines.push(
      `${style.strong('Cached decoding')} ${decoding.model}: ${decoding.streams
        .map(({ streams, tokensPerSecond, ratio }) => `${thousands(tokensPerSecond)} tokens/s at ${streams} (${times(ratio)})`)
        .join(', ')}`
    )
  if (steadiness) {
    const { model, steps, plannedMegabytes, residentMegabytes, growthMegabytes, eventLoopDelay } = steadiness
    lines.push(
      `${style.strong('Memory')} ${model}: ${plannedMegabytes.toFixed(0)} MB planned, ${(residentMegabytes.after - residentMegabytes.before).toFixed(0)} MB more resident, ${growthMegabytes.toFixed(1)} MB grown over ${thousands(steps)} steps`,
      `${style.strong('Event loop')} while training: median ${eventLoopDelay.median.toFixed(1)} ms, 99th percentile ${eventLoopDelay.p99.toFixed(1)} ms, longest ${eventLoopDelay.most.toFixed(1)} ms`
    )
  }
  return lines.join('\n')
}
