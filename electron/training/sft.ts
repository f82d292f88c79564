/**
 * Supervised fine-tuning: a base model learns to answer, from demonstrations in the chat format.
 *
 * Rows are packed with whole exchanges; the loss counts the answers and their ends only (Ouyang et al. 2022). In short
 * rows more exchanges stand at the start, where the question stands that a model is asked. A share of the rows may be
 * windows of the pretraining documents, so that what the base model knew is not forgotten (their PPO-ptx, one stage
 * earlier).
 */
import type { RecipeOf } from '../contract/training.ts'
import { chatIds, packRow, type MaskedSequence } from '../corpora/chat.ts'
import type { Batch } from '../engine/plan.ts'
import { gptGraph, type GptConfig } from '../graph/gpt.ts'
import type { Parameters } from '../graph/parameters.ts'
import type { Tokenizer } from '../tokenizers/tokenizer.ts'
import { answerSample } from './chat-sample.ts'
import type { SplitItems } from './held-out.ts'
import { optimiserOf } from './optimiser.ts'
import type { Compile } from './prepared-run.ts'
import type { TrainingStage } from './run-loop.ts'
import { learningRates } from './schedule.ts'
import { randomStarts, windowsAt } from './windows.ts'

export interface FineTuning {
  readonly recipe: RecipeOf<'sft'>
  readonly config: GptConfig
  readonly tokenizer: Tokenizer
  /** Of the base model. */
  readonly parameters: Parameters
  readonly exchanges: SplitItems<MaskedSequence>
  /** Pretraining documents as one text; only where some are mixed in. */
  readonly documents?: Int32Array
}

export function fineTuning(
  { recipe, config, tokenizer, parameters, exchanges, documents }: FineTuning,
  compile: Compile
): TrainingStage {
  const length = Math.min(recipe.sft.length ?? config.context, config.context)
  const batch = recipe.batch.size
  const graph = gptGraph(config)
  const plan = compile(graph, {
    batch,
    length,
    seed: recipe.seed,
    streams: 1,
    optimiser: optimiserOf(recipe, graph)
  })
  const filler = chatIds(tokenizer).endOfText

  /** As many rows as there are in the evaluation's batches, filled with one exchange after another, from the first again after the last. */
  const evaluationRows = (from: readonly MaskedSequence[]): Batch => {
    let i = 0
    const rows = batch * recipe.evaluation.batches
    return inRows(Array.from({ length: rows }, () => packRow(() => from[i++ % from.length]!, length, filler)))
  }
  const looked = {
    train: evaluationRows(exchanges.train),
    heldOut: exchanges.heldOut.length > 0 ? evaluationRows(exchanges.heldOut) : undefined
  }
  const meanLoss = async (rows: Batch): Promise<number> => {
    const losses = await plan.evaluate(rows)
    return losses.reduce((sum, loss) => sum + loss, 0) / losses.length
  }

  return {
    models: { model: { plan, graph } },
    initialise: () => plan.writeParameters(withChatTokens(parameters, tokenizer, config)),
    async train({ step, count, random }) {
      const row = (): MaskedSequence => {
        if (documents && random.uniform() < recipe.sft.pretraining)
          return windowsAt(documents, randomStarts(documents, length, 1, random), length, 'every')
        return packRow(() => exchanges.train[random.integer(exchanges.train.length)]!, length, filler)
      }
      const rates = learningRates(step, count, recipe)
      const result = await plan.train(inRows(Array.from({ length: count * batch }, row)), rates)
      return { ...result, learningRates: rates, tokens: count * batch * length }
    },
    evaluate: async () => ({
      trainLoss: await meanLoss(looked.train),
      validationLoss: looked.heldOut ? await meanLoss(looked.heldOut) : null
    }),
    sample: step => answerSample(plan, recipe, tokenizer, step)
  }
}

const tokenTable = 'transformer.wte.weight'

/** What marks a turn on a page of questions and answers, in the places of the tokens of a chat. */
const marks = { user: 'Q:', assistant: 'A:', end: '\n' } as const

/**
 * A base model has never read the tokens of a chat: they begin as the mean of what marks a turn in a plain text, rather
 * than as noise (after Hewitt 2021, who begins new tokens as the mean of all).
 */
function withChatTokens(parameters: Parameters, tokenizer: Tokenizer, { channels }: GptConfig): Parameters {
  const table = Float32Array.from(parameters.get(tokenTable)!)
  const ids = chatIds(tokenizer)
  for (const [name, mark] of Object.entries(marks)) {
    const rows = Array.from(tokenizer.encode(mark), id => table.slice(id * channels, (id + 1) * channels))
    const mean = rows[0]!.map((_, c) => rows.reduce((sum, row) => sum + row[c]!, 0) / rows.length)
    table.set(mean, ids[name as keyof typeof marks] * channels)
  }
  return new Map(parameters).set(tokenTable, table)
}

/** Rows one after another. */
function inRows(rows: readonly MaskedSequence[]): Batch {
  const length = rows[0]!.tokens.length
  const tokens = new Int32Array(rows.length * length)
  const targets = new Int32Array(tokens.length)
  rows.forEach((row, i) => {
    tokens.set(row.tokens, i * length)
    targets.set(row.targets, i * length)
  })
  return { tokens, targets }
}
