import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadEngine } from '../../../../electron/engine/engine.ts'
import { compareWith } from '../../../../electron/lab/parity/comparison.ts'

const path = join(import.meta.dirname, '../../../fixtures/rlhf-parity.json')

type Json = number | Json[] | { [name: string]: Json }

async function compare(file: Json) {
  const changed = join(await mkdtemp(join(tmpdir(), 'gptlab-parity-')), 'changed')
  await writeFile(changed, JSON.stringify(file))
  return compareWith(changed, { engine: loadEngine, threads: 2 })
}

const read = async () => JSON.parse(await readFile(path, 'utf8')) as Record<string, Json>

/** The file with one number moved, by ten times what the engine may deviate. */
async function withChanged(...place: (string | number)[]): Promise<Json> {
  const file = await read()
  let at: Json = file
  for (const name of place.slice(0, -1)) at = (at as Record<string | number, Json>)[name]!
  const last = place.at(-1)!
  const values = at as Record<string | number, number>
  values[last]! += 1e-3
  return file
}

describe('the later stages against PyTorch', () => {
  it('agree in every quantity, in double precision and on the engine', async () => {
    const { kind, quantities } = await compare(await read())
    expect(kind).toBe('rlhf')
    expect(quantities.filter(({ ok }) => !ok)).toEqual([])
    const of = (engine: string) => quantities.filter(quantity => quantity.engine === engine)
    expect(of('double').map(({ name }) => name)).toEqual(of('native').map(({ name }) => name))
    expect(of('double')).toHaveLength(21)
    expect(new Set(of('double').map(({ tolerance }) => tolerance))).toEqual(new Set([1e-6]))
    expect(new Set(of('native').map(({ tolerance }) => tolerance))).toEqual(new Set([1e-4]))
    // Single precision deviates: 0 would mean that nothing was computed on the engine.
    const computed = of('native').filter(({ name }) => !/accuracy|clip fraction/.test(name))
    expect(computed.every(({ maxError }) => maxError > 0)).toBe(true)
  })

  it.each([
    [['ppo', 0, 'expect', 'old_logprobs', 1, 2], 'PPO: old log-probabilities'],
    [['ppo', 1, 'expect', 'ref_logprobs', 0, 0], 'PPO: reference log-probabilities'],
    [['ppo', 0, 'expect', 'kl', 0, 0], 'PPO: KL'],
    [['ppo', 1, 'expect', 'rewards', 0, 1], 'PPO: rewards'],
    [['ppo', 0, 'expect', 'advantages', 0, 0], 'PPO: advantages'],
    [['ppo', 0, 'expect', 'returns', 1, 0], 'PPO: returns'],
    [['ppo', 1, 'expect', 'whitened_advantages', 0, 0], 'PPO: whitened advantages'],
    [['ppo', 0, 'expect', 'policy_loss'], 'PPO: policy loss'],
    [['ppo', 1, 'expect', 'value_loss'], 'PPO: value loss'],
    [['ppo', 0, 'expect', 'loss'], 'PPO: loss'],
    [['ppo', 1, 'expect', 'clip_fraction'], 'PPO: clip fraction'],
    [['ppo', 0, 'expect', 'approx_kl'], 'PPO: approximate KL'],
    [['ppo', 0, 'expect', 'grad_new_logits', 0, 1, 4], 'PPO: gradient by logits'],
    [['ppo', 1, 'expect', 'grad_new_values', 0, 0], 'PPO: gradient by values'],
    [['reward_model', 0, 'expect', 'loss'], 'reward model: loss'],
    [['reward_model', 0, 'expect', 'accuracy'], 'reward model: accuracy'],
    [['reward_model', 0, 'expect', 'grad_chosen', 5], 'reward model: gradient by chosen'],
    [['reward_model', 0, 'expect', 'grad_rejected', 0], 'reward model: gradient by rejected'],
    [['dpo', 0, 'expect', 'loss'], 'DPO: loss'],
    [['dpo', 0, 'expect', 'grad_policy_chosen', 3], 'DPO: gradient by chosen'],
    [['dpo', 0, 'expect', 'grad_policy_rejected', 3], 'DPO: gradient by rejected']
  ])('%j, when it is another, is out of tolerance', async (place, name) => {
    const { quantities } = await compare(await withChanged(...place))
    const beyond = quantities.filter(({ ok }) => !ok)
    expect(beyond.map(quantity => [quantity.name, quantity.engine])).toEqual([
      [name, 'double'],
      [name, 'native']
    ])
  })

  it('a file that lacks an expected value is a named failure', async () => {
    const file = await read()
    delete (file as { dpo: { expect: Record<string, Json> }[] }).dpo[0]!.expect['loss']
    await expect(compare(file)).rejects.toMatchObject({ code: 'fixture-unknown' })
  })
})
