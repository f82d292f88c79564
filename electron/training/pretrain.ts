/**
 * Pretraining: a GPT learns to predict the next token of one text.
 *
 * The steps are nanoGPT's: draw a batch, loss, gradients, clipping, AdamW; every so often look at the held-out
 * text and let the model write.
 */
import type { PretrainRecipe } from '../contract/training.ts'
import type { Plan } from '../engine/plan.ts'
import type { Graph } from '../graph/graph.ts'
import type { Parameters } from '../graph/parameters.ts'
import type { TrainingStage } from './run-loop.ts'
import { learningRates } from './schedule.ts'
import { evenStarts, everyStart, randomStarts, windowsAt } from './windows.ts'

/** What pretraining works with. */
export interface Pretraining {
  readonly recipe: PretrainRecipe
  readonly graph: Graph
  /** Compiled for `batch` sequences of the recipe's context. */
  readonly plan: Plan
  /** Sequences in a batch: the recipe's, or all windows of the text. */
  readonly batch: number
  /** Values to start from; asked for when there is no checkpoint. */
  initial(): Parameters
  readonly tokens: { readonly train: Int32Array; readonly validation: Int32Array }
  /** Lets the model write from the recipe's prompt. */
  writeSample(step: number): Promise<string>
}

export function pretraining({ recipe, graph, plan, batch, initial, tokens, writeSample }: Pretraining): TrainingStage {
  const { context } = recipe.model
  const { draw, loss } = recipe.batch

  /** Mean loss over evenly spaced windows of a text: the same windows every time, so the curve shows learning and not luck. */
  const meanLoss = async (text: Int32Array, stepsPerCall: number): Promise<number> => {
    const all = draw === 'all' && text === tokens.train
    const starts = all ? everyStart(text, context) : evenStarts(text, context, batch * recipe.evaluation.batches)
    const stride = batch * stepsPerCall
    let sum = 0
    for (let from = 0; from < starts.length; from += stride)
      for (const each of await plan.evaluate(windowsAt(text, starts.slice(from, from + stride), context, loss))) sum += each
    return sum / (starts.length / batch)
  }

  return {
    models: { model: { plan, graph } },
    initialise: () => plan.writeParameters(initial()),
    async train({ step, count, random }) {
      // Windows of one step after another.
      const starts = Array.from({ length: count }, () =>
        draw === 'all' ? everyStart(tokens.train, context) : randomStarts(tokens.train, context, batch, random)
      )
      const rates = learningRates(step, count, recipe)
      const result = await plan.train(windowsAt(tokens.train, starts.flat(), context, loss), rates)
      return { ...result, learningRates: rates, tokens: count * batch * context }
    },
    evaluate: async ({ stepsPerCall }) => ({
      trainLoss: await meanLoss(tokens.train, stepsPerCall),
      validationLoss: tokens.validation.length > context ? await meanLoss(tokens.validation, stepsPerCall) : null
    }),
    sample: async step => ({ prompt: recipe.samples.prompt, text: await writeSample(step) })
  }
}
