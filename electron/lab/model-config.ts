/**
 * A model's `config.json`: Hugging Face's fields, and under `gptlab` what only the lab knows.
 *
 * A folder of the lab has `model.safetensors` with nanoGPT's names and a `gptlab` object. A folder without it
 * is one in the Hugging Face ONNX layout: GPT-2-like or LLaMA-like, run as it is.
 */
import * as v from 'valibot'
import type { ModelKind, ModelSizes } from '../contract/models.ts'
import { chatIds } from '../corpora/chat.ts'
import { gptGraph, type GptConfig } from '../graph/gpt.ts'
import { countParameters, type Graph } from '../graph/graph.ts'
import { classifierGraph, rewardGraph } from '../graph/heads.ts'
import { readTokenizer } from '../tokenizers/tokenizer.ts'

/** Bounded, because a config.json may come from anywhere and a graph is made of it. */
const upTo = (most: number) => v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(most))
const layers = upTo(512)
const heads = upTo(1024)
const channels = upTo(65_536)
const positions = upTo(10_000_000)
const vocabulary = upTo(10_000_000)

const LabConfigSchema = v.object({
  format: v.literal(1),
  kind: v.picklist(['base', 'sft', 'reward', 'rlhf']),
  graph: v.literal('gpt'),
  /** What stands on the trunk: the language head, a reward model's scalar, a classifier's classes. */
  head: v.optional(v.picklist(['language', 'score', 'classes']), 'language'),
  /** Names of a classifier's classes. */
  classes: v.optional(v.pipe(v.array(v.string()), v.minLength(2), v.maxLength(1000))),
  bias: v.boolean(),
  normBias: v.boolean(),
  tied: v.boolean(),
  /** Form of attention in exported ONNX models: opset 23's operation, or decomposed for providers without it. */
  attention: v.picklist(['standard', 'decomposed']),
  created: v.string(),
  run: v.optional(v.string()),
  /** SHA-256 of the tokenizer.json that belongs to the weights. */
  tokenizer: v.string()
})

const GptConfigSchema = v.looseObject({
  model_type: v.literal('gpt2'),
  n_layer: layers,
  n_head: heads,
  n_embd: channels,
  n_positions: positions,
  vocab_size: vocabulary,
  activation_function: v.literal('gelu'),
  layer_norm_epsilon: v.literal(1e-5),
  gptlab: LabConfigSchema
})
export type LabModelConfig = v.InferOutput<typeof GptConfigSchema>

/** Any decoder's configuration, under GPT-2's names or LLaMA's. */
const ForeignConfigSchema = v.looseObject({
  model_type: v.string(),
  vocab_size: vocabulary,
  n_layer: v.optional(layers),
  n_head: v.optional(heads),
  n_embd: v.optional(channels),
  n_positions: v.optional(positions),
  num_hidden_layers: v.optional(layers),
  num_attention_heads: v.optional(heads),
  hidden_size: v.optional(channels),
  max_position_embeddings: v.optional(positions)
})

/** What a config.json says. */
export type ModelConfig =
  | {
      readonly form: 'lab'
      readonly config: LabModelConfig
      readonly kind: ModelKind
      readonly sizes: ModelSizes
      readonly head: 'language' | 'score' | 'classes'
      readonly gpt: GptConfig
      readonly graph: Graph
    }
  | { readonly form: 'onnx'; readonly kind: ModelKind; readonly sizes: ModelSizes }

/**
 * Reads a parsed config.json. It may come from anywhere: sizes are bounded before a graph is made of them.
 * @throws ValiError, or LabFailure `graph-heads`
 */
export function readModelConfig(value: unknown): ModelConfig {
  if (typeof value === 'object' && value !== null && 'gptlab' in value) {
    const config = v.parse(GptConfigSchema, value)
    const gpt = gptConfigOf(config)
    const graph = graphOf(config, gpt)
    const sizes = {
      layers: gpt.layers,
      heads: gpt.heads,
      channels: gpt.channels,
      context: gpt.context,
      vocabulary: gpt.vocabulary,
      parameters: countParameters(graph)
    }
    return { form: 'lab', config, kind: config.gptlab.kind, head: config.gptlab.head, gpt, graph, sizes }
  }
  const config = v.parse(ForeignConfigSchema, value)
  const depth = config.n_layer ?? config.num_hidden_layers ?? 0
  const width = config.n_embd ?? config.hidden_size ?? 0
  return {
    form: 'onnx',
    kind: 'base',
    sizes: {
      layers: depth,
      heads: config.n_head ?? config.num_attention_heads ?? 0,
      channels: width,
      context: config.n_positions ?? config.max_position_embeddings ?? 0,
      vocabulary: config.vocab_size,
      // Twelve matrices of C² a layer and the embedding: close for either family.
      parameters: 12 * depth * width * width + config.vocab_size * width
    }
  }
}

function graphOf({ gptlab }: LabModelConfig, gpt: GptConfig): Graph {
  if (gptlab.head === 'score') return rewardGraph(gpt)
  return gptlab.head === 'classes' ? classifierGraph(gpt, gptlab.classes?.length ?? 2) : gptGraph(gpt)
}

function gptConfigOf(config: LabModelConfig): GptConfig {
  const { bias, normBias, tied } = config.gptlab
  return {
    layers: config.n_layer,
    heads: config.n_head,
    channels: config.n_embd,
    context: config.n_positions,
    vocabulary: config.vocab_size,
    bias,
    normBias,
    tied,
    dropout: 0
  }
}

/** Tokens that end a text of a model: a chat model ends its turn, a base model its document. */
export function endTokensOf(kind: ModelKind, tokenizerText: string): readonly number[] {
  if (kind === 'base') return []
  const { end, endOfText } = chatIds(readTokenizer(tokenizerText))
  return [end, endOfText]
}

/** The config.json of a model that the lab has trained. */
export function labModelConfig(
  model: GptConfig,
  endTokens: readonly number[],
  lab: Omit<LabModelConfig['gptlab'], 'format' | 'graph' | 'bias' | 'normBias' | 'tied' | 'attention'>
): LabModelConfig {
  return {
    architectures: ['GPT2LMHeadModel'],
    model_type: 'gpt2',
    n_layer: model.layers,
    n_head: model.heads,
    n_embd: model.channels,
    n_positions: model.context,
    vocab_size: model.vocabulary,
    activation_function: 'gelu',
    layer_norm_epsilon: 1e-5,
    tie_word_embeddings: model.tied,
    ...(endTokens.length > 0 && { eos_token_id: endTokens.length === 1 ? endTokens[0] : endTokens }),
    gptlab: {
      format: 1,
      graph: 'gpt',
      bias: model.bias,
      normBias: model.normBias ?? model.bias,
      tied: model.tied,
      attention: 'standard',
      ...lab
    }
  }
}
