/** `gptlab bench decode`: tokens a second of our sessions and of the engine, against transformers.js on the same weights. */
import { availableParallelism } from 'node:os'
import { LabFailure } from '../../contract/failure.ts'
import { loadEngine } from '../../engine/engine.ts'
import type { Engine } from '../../engine/plan.ts'
import { table, thousands } from '../terminal.ts'
import { decodingModel, decodingModelNames } from './decoding-models.ts'
import { raceDecoding, type DecodingRace } from './decoding-race.ts'
import type { BenchOptions, Measured } from './measured.ts'
import { loadTransformers } from './transformers-peer.ts'

/** What the 10M model must reach with float32 weights, as a ratio to transformers.js; and the event loop's delay, milliseconds. */
const goals = {
  ratios: new Map([
    [1, 1.25],
    [3, 1.6],
    [16, 2.5]
  ]),
  loopDelay: 20
}

function chosenModels({ quick, only }: BenchOptions): readonly (typeof decodingModelNames)[number][] {
  const known = decodingModelNames
  const strange = only.find(name => !known.some(model => model === name))
  if (strange !== undefined)
    throw new LabFailure('bench-model', `Expected one of the models ${known.join(', ')} but received ${strange}.`, {
      model: strange,
      known: known.join(', ')
    })
  return known.filter(name => (only.length > 0 ? only.includes(name) : !quick || name !== '30M'))
}

function engineIfThere(): Engine | undefined {
  try {
    return loadEngine()
  } catch {
    return undefined
  }
}

/** @throws LabFailure `bench-model` */
export async function measureDecoding(options: BenchOptions, note: (text: string) => void): Promise<Measured> {
  const engine = engineIfThere()
  const threads = engine?.cores ?? availableParallelism()
  const transformers = await loadTransformers()
  const races: DecodingRace[] = []
  for (const name of chosenModels(options))
    races.push(
      await raceDecoding(await decodingModel(name), {
        threads,
        rounds: options.quick ? 3 : 6,
        tokens: options.quick ? 32 : 64,
        ...(engine && { engine }),
        ...(transformers && { transformers }),
        note
      })
    )
  const reached = races.flatMap(goalsOf)
  const result = {
    threads,
    races,
    goals: reached,
    ...(!transformers && { missing: '@huggingface/transformers is not installed' })
  }
  return { ok: races.every(({ ok }) => ok), result, text: textOf(races, reached) }
}

interface Goal {
  readonly name: string
  readonly goal: number
  readonly value: number
  readonly reached: boolean
}

function goalsOf({ model, races, loopDelay }: DecodingRace): Goal[] {
  const ratios = races.flatMap(({ streams, transformers }): Goal[] => {
    const goal = goals.ratios.get(streams)
    if (model !== '10M' || goal === undefined || !transformers) return []
    const value = transformers.ratio
    return [{ name: `${model}, ${streams} streams, times transformers.js`, goal, value, reached: value >= goal }]
  })
  const delay = loopDelay.p99
  const name = `${model}, delay of the event loop, 99th percentile, ms`
  return [...ratios, { name, goal: goals.loopDelay, value: delay, reached: delay < goals.loopDelay }]
}

function textOf(races: readonly DecodingRace[], reached: readonly Goal[]): string {
  const figure = (value: number | undefined) => (value === undefined ? '' : thousands(Math.round(value)))
  const rows = races.flatMap(({ model, races: byStreams }) =>
    byStreams.map(({ streams, fp32, int8, native, transformers }) => [
      model,
      String(streams),
      figure(fp32),
      figure(int8),
      figure(native),
      figure(transformers?.tokensPerSecond),
      transformers ? `${transformers.ratio.toFixed(2)}×` : ''
    ])
  )
  const head = ['model', 'streams', 'fp32', 'int8', 'engine', 'transformers.js', 'fp32 to it']
  const lines = reached.map(
    ({ name, goal, value, reached: done }) => `${done ? '✓' : '✗'} ${name}: ${value.toFixed(2)} (goal ${goal})`
  )
  return `Tokens a second, all streams together\n${table([head, ...rows])}\n${lines.join('\n')}`
}
