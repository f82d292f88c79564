import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { PretrainRecipe } from '../../../electron/contract/training.ts'
import { shippedTexts } from '../../../electron/corpora/shipped.ts'
import { splitDocuments } from '../../../electron/corpora/documents.ts'
import { readTokenizer } from '../../../electron/tokenizers/tokenizer.ts'
import { preparePretraining, prepareText, recipeProblems } from '../../../electron/training/preparation.ts'
import { ofStage, overrideRecipe, parseRecipe } from '../../../electron/training/recipe.ts'

const root = join(import.meta.dirname, '../../..')
const recipeOf = (name: string, ...changes: string[]): PretrainRecipe =>
  overrideRecipe(ofStage(parseRecipe(readFileSync(join(root, `models/recipes/${name}.json`), 'utf8'), name), 'pretrain'), changes)
const corpusOf = (...documents: string[]) => ({ title: 'a text', documents })
function shipped(id: string) {
  const { title, source } = shippedTexts.find(text => text.id === id)!
  if ('make' in source) throw new Error(`${id} is not a text of its own`)
  const text = 'text' in source ? source.text : readFileSync(join(root, 'electron/corpora/texts', source.file), 'utf8')
  return { title, documents: splitDocuments(text) }
}

describe('a text for a character GPT', () => {
  it('is plain text without end tokens, and knows the characters of the held-out part too', async () => {
    const { tokenizer, tokens } = await prepareText(recipeOf('sonnets-char', 'corpus.validation=0.5'), corpusOf('ab', 'cd'))
    expect(tokenizer.endToken).toBeUndefined()
    expect([tokenizer.decode(tokens.train), tokenizer.decode(tokens.validation)]).toEqual(['ab', 'cd'])
    expect(tokenizer.decode(tokenizer.encode('ab\ncd'))).toBe('ab\ncd')
  })

  const tinyshakespeare = join(root, '../shared/data/tinyshakespeare.txt')
  it.skipIf(!existsSync(tinyshakespeare))(
    'is nanoGPT’s shakespeare_char (needs ../shared/data/tinyshakespeare.txt)',
    async () => {
      const text = readFileSync(tinyshakespeare, 'utf8')
      const { tokenizer, tokens } = await prepareText(recipeOf('shakespeare-char-cpu'), corpusOf(...splitDocuments(text)))
      // Printed by nanoGPT's data/shakespeare_char/prepare.py.
      expect([tokenizer.vocabulary, tokens.train.length, tokens.validation.length]).toEqual([65, 1_003_854, 111_540])
      expect(tokenizer.decode(tokens.train) + tokenizer.decode(tokens.validation)).toBe(text)
    }
  )
})

describe('a text for other tokenizers', () => {
  it.each(['tokenizer.kind=bytes', 'tokenizer.vocabulary=300'])('has an end token after each document (%s)', async change => {
    const documents = ['the cat sat on the mat', 'the dog\n\nsat on the log', 'the end']
    const recipe = recipeOf('sonnets-bpe', change, 'corpus.validation=0.2')
    const { tokenizer, tokens } = await prepareText(recipe, corpusOf(...documents))
    const end = tokenizer.endToken!
    expect(tokenizer.text(end)).toBe('<|endoftext|>')
    const all = [...tokens.train, ...tokens.validation]
    expect(all.filter(id => id === end)).toHaveLength(4)
    const whole = all.map(id => (id === end ? '|' : tokenizer.decode([id]))).join('')
    // The second document is cut where the held-out part begins.
    expect(whole.replaceAll('|', '')).toBe(documents.join(''))
    expect(whole.split('|').slice(0, 1)).toEqual(documents.slice(0, 1))
    expect(whole.endsWith('the end|')).toBe(true)
  })

  it('learns its merges from the part to learn only', async () => {
    const { tokenizer } = await prepareText(
      recipeOf('sonnets-bpe', 'corpus.validation=0.5'),
      corpusOf('aaaa '.repeat(50), 'zqzq '.repeat(50))
    )
    expect(tokenizer.encode('zqzq').length).toBe(4)
    expect(tokenizer.encode('aaaa').length).toBe(1)
  })
})

describe('a run that is prepared', () => {
  it('is the baby GPT: twelve windows, 12,656 parameters, every one of them decaying', async () => {
    const prepared = await preparePretraining(recipeOf('baby-gpt'), shipped('bits'))
    expect([prepared.batch, prepared.parameters, prepared.tokens.validation.length]).toEqual([12, 12_656, 0])
    expect(prepared.plan).toMatchObject({ batch: 12, length: 3, seed: 1337, optimiser: { clip: 0, weightDecay: 0.1 } })
    expect(prepared.plan.optimiser!.decayed).toHaveLength(prepared.graph.parameters.length)
  })

  it('decays matrices only where the recipe says so', async () => {
    const { plan, graph } = await preparePretraining(recipeOf('sonnets-char', 'model.bias=true'), shipped('sonnets'))
    const shapes = new Map(graph.parameters.map(({ name, shape }) => [name, shape.length]))
    expect(plan.optimiser!.decayed.every(name => shapes.get(name) === 2)).toBe(true)
    expect(plan.optimiser!.decayed).toHaveLength([...shapes.values()].filter(rank => rank === 2).length)
  })

  it('goes on with the tokenizer of its folder: the same tokens', async () => {
    for (const recipe of [recipeOf('sonnets-char'), recipeOf('sonnets-bpe')]) {
      const first = await preparePretraining(recipe, shipped('sonnets'))
      const again = await prepareText(recipe, shipped('sonnets'), readTokenizer(first.tokenizerText))
      expect(again.tokens).toEqual(first.tokens)
    }
  })
})

describe('problems of a recipe', () => {
  it.each(['sonnets-char', 'sonnets-bpe', 'moby-dick-bpe', 'baby-gpt'])('are none in %s', async name => {
    const recipe = recipeOf(name)
    const text = await prepareText(recipe, shipped(recipe.corpus.source))
    expect(recipeProblems(recipe, text)).toEqual([])
    if (recipe.tokenizer.kind === 'bpe') expect(text.tokenizer.vocabulary).toBe(recipe.tokenizer.vocabulary)
  })

  it.each([
    ['model.heads=3', 'model.heads', 'graph-heads'],
    ['optimiser.minimumLearningRate=1', 'optimiser.minimumLearningRate', 'learning-rate-order'],
    ['optimiser.beta1=1', 'optimiser.beta1', 'beta-range'],
    ['optimiser.epsilon=0', 'optimiser.epsilon', 'epsilon-range'],
    ['model.context=2000', 'model.context', 'text-too-short'],
    ['corpus.validation=0.01', 'corpus.validation', 'validation-too-short'],
    ['batch.draw=all', 'batch.draw', 'text-too-long'],
    ['samples.prompt=Zürich', 'samples.prompt', 'character-unknown'],
    ['model.channels=4096', 'model.channels', 'memory-short']
  ])('say where and what: %s', async (change, field, code) => {
    // Six thousand characters; a thousand with `text-too-short`.
    const corpus = corpusOf('Shall I compare thee to a summer’s day?\n'.repeat(field === 'model.context' ? 25 : 150))
    const huge = field === 'model.channels' ? ['model.layers=48', 'model.context=4096', 'batch.size=4096'] : []
    const recipe = recipeOf('sonnets-char', ...huge, change)
    const long = field === 'model.channels' ? corpusOf('Shall I compare thee?\n'.repeat(4000)) : corpus
    const problems = recipeProblems(recipe, await prepareText(recipe, long))
    expect(problems.map(problem => [problem.field, problem.code])).toContainEqual([field, code])
    await expect(preparePretraining(recipe, long)).rejects.toMatchObject({ details: { field: problems[0]!.field } })
  })
})
