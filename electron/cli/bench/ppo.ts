/** `gptlab bench ppo`: rollouts and iterations of PPO against the same loop in PyTorch. */
import { LabFailure } from '../../contract/failure.ts'
import { loadEngine } from '../../engine/engine.ts'
import { style, table, thousands } from '../terminal.ts'
import type { BenchOptions, Measured } from './measured.ts'
import { iteration, ppoModels, racePpo, secondsOf, type IterationTimes, type PpoRace } from './ppo-race.ts'
import { torchMissing } from './torch-process.ts'

/** PyTorch's time for an iteration to ours. */
const goal = 4

/** @throws LabFailure `engine-missing`, `bench-model` */
export async function measurePpo({ quick, only }: BenchOptions, note: (text: string) => void): Promise<Measured> {
  const engine = loadEngine()
  const known = ppoModels.map(({ name }) => name)
  const strange = only.find(name => !known.includes(name))
  if (strange !== undefined)
    throw new LabFailure('bench-model', `Expected one of the models ${known.join(', ')} but received ${strange}.`, {
      model: strange,
      known: known.join(', ')
    })
  const models = ppoModels.filter(({ name }) => (only.length > 0 ? only.includes(name) : !quick || name === 'M'))
  const threads = Math.min(2, engine.cores)
  const missing = await torchMissing('torch_ppo.py')
  const races: PpoRace[] = []
  for (const model of models)
    races.push(await racePpo(engine, model, { threads, rounds: quick ? 3 : 6, withTorch: missing === undefined, note }))
  const result = { simd: engine.simd, threads, iteration, goal, races, ...(missing && { torchMissing: missing }) }
  return { ok: races.every(({ ok }) => ok), result, text: textOf(races, missing) }
}

function textOf(races: readonly PpoRace[], missing: string | undefined): string {
  const share = (times: IterationTimes) =>
    (['rollout', 'scoring', 'update'] as const).map(name => `${Math.round((100 * times[name]) / secondsOf(times))}`).join(' / ')
  const milliseconds = (times: IterationTimes) => Math.round(secondsOf(times) * 1000).toString()
  const rows = races.flatMap(({ model, parameters, own, tokensPerSecond, torch }) => [
    [
      model,
      thousands(parameters),
      `engine, ${own.threads} threads`,
      thousands(Math.round(tokensPerSecond)),
      milliseconds(own),
      share(own),
      ''
    ],
    ...(torch
      ? [
          [
            '',
            '',
            `PyTorch ${torch.version}, ${torch.setting.threads} threads`,
            thousands(Math.round(torch.tokensPerSecond)),
            milliseconds(torch),
            share(torch),
            `${torch.ratio.toFixed(2)}×`
          ]
        ]
      : [])
  ])
  const head = ['model', 'parameters', '', 'rollout tokens/s', 'iteration ms', 'rollout / scoring / update %', 'ratio']
  const { rollouts, batch, promptLength, responseLength } = iteration
  const lines = [
    `${style.strong('PPO')} ${style.quiet(`${rollouts} answers of ${responseLength} tokens to prompts of ${promptLength}, 4 epochs in minibatches of ${batch}`)}`,
    table([head, ...rows])
  ]
  for (const { model, title, torch } of races) {
    const peer = torch
      ? ` · losses ${torch.lossDifference.toExponential(0)} apart · rollouts ${torch.rolloutRatio.toFixed(2)}×`
      : ''
    lines.push(style.quiet(`${model}: ${title}${peer}`))
    if (torch)
      lines.push(
        `${torch.ratio >= goal ? '✓' : '✗'} ${model}, iterations, times PyTorch: ${torch.ratio.toFixed(2)} (goal ${goal})`
      )
  }
  if (missing) lines.push(`PyTorch was not measured: ${missing}.`)
  return lines.join('\n')
}
