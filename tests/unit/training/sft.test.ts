import { describe, expect, it } from 'vitest'
import type { RecipeOf } from '../../../electron/contract/training.ts'
import { chatIds, encodeExchange, encodePrompt } from '../../../electron/corpora/chat.ts'
import { gptGraph } from '../../../electron/graph/gpt.ts'
import { softmax } from '../../../electron/sampling/stages.ts'
import { splitByPrompt } from '../../../electron/training/held-out.ts'
import { fineTuning } from '../../../electron/training/sft.ts'
import type { TrainingStage } from '../../../electron/training/run-loop.ts'
import type { Compile } from '../../../electron/training/prepared-run.ts'
import {
  compiler,
  config,
  figures,
  heldOutLosses,
  parameters,
  sameBits,
  shared,
  tokenizer,
  train,
  withAndWithoutInterruption
} from './small-stages.ts'

const recipe: RecipeOf<'sft'> = {
  ...shared,
  stage: 'sft',
  name: 'small-sft',
  sft: { source: 'atlas', heldOut: 0.25, pretraining: 0 }
}
const colours = {
  sky: 'blue',
  grass: 'green',
  coal: 'black',
  snow: 'white',
  blood: 'red',
  sun: 'gold',
  sea: 'blue',
  leaf: 'green'
}
const exchange = ([thing, colour]: readonly [string, string]) => encodeExchange(tokenizer, `${thing}?`, `${colour}.`)
const exchanges = {
  train: Object.entries(colours).slice(0, 6).map(exchange),
  heldOut: Object.entries(colours).slice(6).map(exchange)
}
const open =
  (from: RecipeOf<'sft'>, documents?: Int32Array) =>
  (compile: Compile): TrainingStage =>
    fineTuning({ recipe: from, config, tokenizer, parameters, exchanges, ...(documents && { documents }) }, compile)

describe('supervised fine-tuning', () => {
  it('teaches a model to answer and to end', async () => {
    const long = { ...recipe, steps: 250 }
    const run = await train(long, open(long))
    expect(run.state).toBe('done')
    const { compile, plans } = compiler()
    const plan = compile(gptGraph(config), { batch: 1, length: config.context, streams: 1 })
    await plan.writeParameters(run.result!.parameters)
    for (const [thing, colour] of Object.entries(colours).slice(0, 6)) {
      const { tokens } = await plan.generate({
        prompts: [encodePrompt(tokenizer, `${thing}?`)],
        maxTokens: 12,
        temperature: 0.01,
        seed: 1,
        endTokens: [chatIds(tokenizer).end]
      })
      expect([tokenizer.decode(tokens[0]!), tokens[0]!.at(-1)]).toEqual([`${colour}.`, chatIds(tokenizer).end])
    }
    await plans[0]!.close()
  })

  it('has the mean loss of the answers’ tokens, and of nothing else', async () => {
    // Rows of one exchange, so that each can be looked at alone.
    const { tokens, targets } = exchanges.heldOut[0]!
    const short = { ...config, context: tokens.length }
    const cut = new Map(parameters)
    cut.set('transformer.wpe.weight', parameters.get('transformer.wpe.weight')!.slice(0, short.context * short.channels))
    const one = { ...recipe, batch: { size: 1 }, evaluation: { every: 20, batches: 1 } }
    const { compile, plans } = compiler()
    const part = exchanges.heldOut.slice(0, 1)
    const stage = fineTuning(
      { recipe: one, config: short, tokenizer, parameters: cut, exchanges: { train: part, heldOut: [] } },
      compile
    )
    await stage.initialise()
    const logits = await plans[0]!.logits(tokens, tokens.length)
    const losses = [...targets].flatMap((target, i) => {
      const row = logits.subarray(i * config.vocabulary, (i + 1) * config.vocabulary)
      return target < 0 ? [] : [-Math.log(softmax(row)[target]!)]
    })
    expect(losses).toHaveLength('blue.'.length + 1)
    const { trainLoss, validationLoss } = await stage.evaluate!({ step: 0, stepsPerCall: 1 })
    expect(trainLoss).toBeCloseTo(losses.reduce((sum, loss) => sum + loss, 0) / losses.length, 5)
    expect(validationLoss).toBeNull()
    await plans[0]!.close()
  })

  it('mixes in windows of the pretraining documents', async () => {
    const documents = tokenizer.encode('abc'.repeat(200))
    const mixed = { ...recipe, sft: { ...recipe.sft, pretraining: 1 } }
    const run = await train(mixed, open(mixed, documents))
    const { compile, plans } = compiler()
    const plan = compile(gptGraph(config), { batch: 1, length: config.context, streams: 1 })
    await plan.writeParameters(run.result!.parameters)
    const { tokens } = await plan.generate({ prompts: [tokenizer.encode('ab')], maxTokens: 6, temperature: 0.01, seed: 1 })
    expect(tokenizer.decode(tokens[0]!)).toBe('cabcab')
    await plans[0]!.close()
    // And does not when it is to learn the demonstrations alone.
    const alone = await train(recipe, open(recipe, documents))
    expect(heldOutLosses(alone).last).toBeLessThan(heldOutLosses(run).last)
  })

  it('goes on with the same bits after an interruption', async () => {
    const mixed = { ...recipe, steps: 40, sft: { ...recipe.sft, pretraining: 0.3 } }
    const { whole, resumed } = await withAndWithoutInterruption(mixed, open(mixed, tokenizer.encode('abc'.repeat(200))))
    expect(resumed.state).toBe('done')
    expect(sameBits(resumed.result!.parameters, whole.result!.parameters)).toBe(true)
    expect(figures(resumed)).toEqual(figures(whole))
    expect(whole.lines.filter(line => line.kind === 'sample').map(({ step }) => step)).toEqual([0, 30, 40])
  })
})

describe('what is held out', () => {
  it('is a share of the prompts, whole, and the same for one seed', () => {
    const items = Array.from({ length: 40 }, (_, i) => ({ prompt: `p${i % 20}`, i }))
    const split = splitByPrompt(items, 0.25, 5)
    expect(new Set(split.heldOut.map(({ prompt }) => prompt)).size).toBe(5)
    expect(split.heldOut).toHaveLength(10)
    expect([...split.train, ...split.heldOut].sort((a, b) => a.i - b.i)).toEqual(items)
    expect(splitByPrompt(items, 0.25, 5)).toEqual(split)
    expect(splitByPrompt(items, 0.25, 6)).not.toEqual(split)
    expect(splitByPrompt(items, 0, 5).heldOut).toEqual([])
  })
})
