/** The model that comes with the lab is what its card says. */
import { createHash } from 'node:crypto'
import { readFile, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openLab, type Lab } from '../../../electron/lab/lab.ts'
import { ofStage, readRecipe } from '../../../electron/training/recipe.ts'
import { preparePretraining } from '../../../electron/training/preparation.ts'
import { evenStarts, windowsAt } from '../../../electron/training/windows.ts'
import { softmax } from '../../../electron/sampling/stages.ts'

const id = 'shipped:sonnets-char'
let lab: Lab
beforeAll(async () => {
  const home = await mkdtemp(join(tmpdir(), 'gptlab-shipped-'))
  lab = await openLab({ home, threads: 2, host: { host: 'cli', chooseFolder: async () => null, reveal: async () => false } })
})
afterAll(() => lab.close())

describe('the shipped model', () => {
  it('is listed as shipped, and stays as it is', async () => {
    expect(await lab.models.summary(id)).toMatchObject({ origin: 'shipped', kind: 'base', inspectable: true })
    expect((await lab.models.summary(id)).problem).toBeUndefined()
    for (const change of [lab.models.rename(id, 'Mine'), lab.models.delete(id)])
      await expect(change).rejects.toMatchObject({ code: 'model-shipped' })
  })

  it('was made by the recipe and from the text of its name', async () => {
    const { card } = await lab.models.describe(id)
    const file = join(lab.resources.recipes, 'sonnets-char.json')
    expect(card.recipe).toEqual(JSON.parse(await readFile(file, 'utf8')))
    const hash = createHash('sha256').update(await readFile(join(lab.resources.texts, 'sonnets.txt')))
    expect(card.data).toContain(hash.digest('hex'))
    expect(card.curve!.steps.at(-1)).toBe(card.steps)
    expect(card.curve!.validation.at(-1)).toBe(card.validationLoss)
  })

  it('has the losses that its card and its recipe name', async () => {
    const { card } = await lab.models.describe(id)
    const recipe = ofStage(readRecipe(card.recipe, 'card.json'), 'pretrain')
    const model = await lab.models.load(id)
    const prepared = await preparePretraining(recipe, await lab.corpora.read('sonnets'))
    expect(model.tokenizer.json()).toBe(prepared.tokenizerText)
    const plan = lab.engine.get().compile(prepared.graph, { ...prepared.plan, threads: 2 })
    await plan.writeParameters(model.parameters!)
    for (const [part, expected] of [
      [prepared.tokens.train, card.trainLoss!],
      [prepared.tokens.validation, card.validationLoss!]
    ] as const) {
      const starts = evenStarts(part, recipe.model.context, recipe.batch.size * recipe.evaluation.batches)
      const losses = await plan.evaluate(windowsAt(part, starts, recipe.model.context, 'every'))
      expect(losses.reduce((sum, loss) => sum + loss) / losses.length).toBeCloseTo(expected, 4)
    }
    expect(card.validationLoss!).toBeCloseTo(recipe.expected.validationLoss!, 1)

    // A summer's d…: what may follow is a vowel or r, and nothing else to speak of.
    const prompt = model.tokenizer.encode("Shall I compare thee to a summer's d")
    const logits = (await plan.logits(prompt, prompt.length)).slice(-model.tokenizer.vocabulary)
    const likely = [...softmax(logits)].reduce(
      (sum, p, token) => sum + ('aeiour'.includes(model.tokenizer.text(token)) ? p : 0),
      0
    )
    expect(likely).toBeGreaterThan(0.9)
    await plan.close()
  })
})
