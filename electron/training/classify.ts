/**
 * Classification by fine-tuning (Radford et al. 2018): the trunk of a GPT with a head that has one output a class, read
 * at the `<|endoftext|>` after a text. All parameters are trained.
 */
import type { RecipeOf } from '../contract/training.ts'
import { chatIds } from '../corpora/chat.ts'
import type { Batch } from '../engine/plan.ts'
import type { GptConfig } from '../graph/gpt.ts'
import { classifierGraph } from '../graph/heads.ts'
import { takeOver } from '../graph/initialisation.ts'
import type { Parameters } from '../graph/parameters.ts'
import type { Tokenizer } from '../tokenizers/tokenizer.ts'
import type { SplitItems } from './held-out.ts'
import { optimiserOf } from './optimiser.ts'
import type { Compile } from './prepared-run.ts'
import type { TrainingStage } from './run-loop.ts'
import { learningRates } from './schedule.ts'

/** A text and the name of its class. */
export interface LabelledText {
  readonly text: string
  readonly label: string
}

export interface Classification {
  readonly recipe: RecipeOf<'classify'>
  readonly config: GptConfig
  readonly tokenizer: Tokenizer
  /** Of the model that is fine-tuned; its own head is left behind. */
  readonly parameters: Parameters
  readonly texts: SplitItems<LabelledText>
  /** Names of the classes; a class is its place. */
  readonly classes: readonly string[]
}

/** A text in tokens; the last is where its class is read. */
interface ClassifiedSequence {
  readonly tokens: Int32Array
  readonly class: number
}

export function classification(
  { recipe, config, tokenizer, parameters, texts, classes }: Classification,
  compile: Compile
): TrainingStage {
  const { endOfText } = chatIds(tokenizer)
  const encode = ({ text, label }: LabelledText): ClassifiedSequence => ({
    // The end of a text that is too long says more than its beginning would without one.
    tokens: Int32Array.of(...tokenizer.encode(text).slice(-(config.context - 1)), endOfText),
    class: classes.indexOf(label)
  })
  const encoded = { train: texts.train.map(encode), heldOut: texts.heldOut.map(encode) }
  const length = Math.max(...[...encoded.train, ...encoded.heldOut].map(({ tokens }) => tokens.length))
  const batch = recipe.batch.size
  const graph = classifierGraph(config, classes.length)
  const plan = compile(graph, { batch, length, seed: recipe.seed, optimiser: optimiserOf(recipe, graph) })

  const rowsOf = (sequences: readonly ClassifiedSequence[]): { tokens: Int32Array; targets: Int32Array } => {
    const tokens = new Int32Array(sequences.length * length).fill(endOfText)
    const targets = new Int32Array(tokens.length).fill(-1)
    sequences.forEach((sequence, row) => {
      tokens.set(sequence.tokens, row * length)
      targets[row * length + sequence.tokens.length - 1] = sequence.class
    })
    return { tokens, targets }
  }

  /** Mean loss, and the share of texts whose class has the highest logit. */
  const measure = async (sequences: readonly ClassifiedSequence[]): Promise<{ loss: number; accuracy: number }> => {
    let loss = 0
    let right = 0
    for (let from = 0; from < sequences.length; from += batch) {
      const part = sequences.slice(from, from + batch)
      const logits = await plan.outputs(rowsOf(part), 'classes')
      part.forEach((sequence, row) => {
        const at = (row * length + sequence.tokens.length - 1) * classes.length
        const scores = logits.subarray(at, at + classes.length)
        const largest = Math.max(...scores)
        loss += largest + Math.log(scores.reduce((sum, score) => sum + Math.exp(score - largest), 0)) - scores[sequence.class]!
        if (scores[sequence.class] === largest) right++
      })
    }
    return { loss: loss / sequences.length, accuracy: right / sequences.length }
  }
  const looked = encoded.train.slice(0, batch * recipe.evaluation.batches)

  return {
    models: { model: { plan, graph } },
    initialise: () => plan.writeParameters(takeOver(graph, parameters, recipe.seed)),
    async train({ step, count, random }) {
      const drawn = Array.from({ length: count * batch }, () => encoded.train[random.integer(encoded.train.length)]!)
      const rates = learningRates(step, count, recipe)
      const inputs: Batch = rowsOf(drawn)
      const result = await plan.train(inputs, rates)
      return { ...result, learningRates: rates, tokens: count * batch * length }
    },
    async evaluate() {
      const train = await measure(looked)
      const held = encoded.heldOut.length > 0 ? await measure(encoded.heldOut) : undefined
      return {
        trainLoss: train.loss,
        validationLoss: held?.loss ?? null,
        metrics: { 'train/accuracy': train.accuracy, ...(held && { 'eval/accuracy': held.accuracy }) }
      }
    }
  }
}
