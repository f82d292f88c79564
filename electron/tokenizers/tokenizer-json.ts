/**
 * Hugging Face's tokenizer.json for the tokenizers of the lab, so that other tools read them.
 *
 * All three are BPE models there: bytes are BPE without merges, and characters are BPE without merges
 * over the characters of the text themselves.
 */
import * as v from 'valibot'

/** What a tokenizer.json of the lab says. */
export interface TokenizerParts {
  /** `words`: bytes, cut by GPT-2's pattern; `bytes`: bytes, not cut; `characters`. */
  readonly form: 'words' | 'bytes' | 'characters'
  /** In order of id; byte forms in GPT-2's alphabet. */
  readonly tokens: readonly string[]
  readonly merges: readonly (readonly [string, string])[]
  readonly special: ReadonlyMap<string, number>
}

export function tokenizerJson({ form, tokens, merges, special }: TokenizerParts): string {
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: form === 'words' }
  return `${JSON.stringify(
    {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: [...special].map(([content, id]) => ({
        id,
        content,
        single_word: false,
        lstrip: false,
        rstrip: false,
        normalized: false,
        special: true
      })),
      normalizer: null,
      pre_tokenizer: form === 'characters' ? null : byteLevel,
      post_processor: null,
      decoder: form === 'characters' ? { type: 'Fuse' } : byteLevel,
      model: {
        type: 'BPE',
        dropout: null,
        unk_token: null,
        continuing_subword_prefix: null,
        end_of_word_suffix: null,
        fuse_unk: false,
        byte_fallback: false,
        ignore_merges: false,
        vocab: Object.fromEntries([...tokens.map((token, id) => [token, id] as const), ...special]),
        merges
      }
    },
    null,
    1
  )}\n`
}

/** Ids by token. Not a `v.record`, which leaves out the tokens `prototype` and `constructor`; GPT-2 has both. */
function isVocabulary(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.values(value).every(id => Number.isSafeInteger(id) && id >= 0)
}

const FileSchema = v.looseObject({
  added_tokens: v.optional(v.array(v.looseObject({ id: v.number(), content: v.string() })), []),
  normalizer: v.nullish(v.unknown()),
  pre_tokenizer: v.nullish(
    v.looseObject({ type: v.string(), use_regex: v.optional(v.boolean()), add_prefix_space: v.optional(v.boolean()) })
  ),
  decoder: v.nullish(v.looseObject({ type: v.string() })),
  model: v.looseObject({
    type: v.optional(v.string()),
    vocab: v.custom<Readonly<Record<string, number>>>(isVocabulary),
    merges: v.array(v.union([v.string(), v.tuple([v.string(), v.string()])])),
    byte_fallback: v.optional(v.boolean())
  })
})

/** The parts of a tokenizer.json that the lab itself understands; undefined for one that it leaves to the library. */
export function tokenizerParts(file: unknown): TokenizerParts | undefined {
  const read = v.safeParse(FileSchema, file)
  if (!read.success) return undefined
  const { added_tokens, normalizer, pre_tokenizer, decoder, model } = read.output
  if (model.type !== 'BPE' || normalizer || model.byte_fallback) return undefined
  let form: TokenizerParts['form']
  if (pre_tokenizer?.type === 'ByteLevel' && decoder?.type === 'ByteLevel' && !pre_tokenizer.add_prefix_space)
    form = pre_tokenizer.use_regex === false ? 'bytes' : 'words'
  else if (!pre_tokenizer && decoder?.type === 'Fuse' && model.merges.length === 0) form = 'characters'
  else return undefined
  const special = new Map(added_tokens.map(({ content, id }) => [content, id]))
  const tokens: string[] = []
  for (const [token, id] of Object.entries(model.vocab)) if (!special.has(token)) tokens[id] = token
  const merges = model.merges.map(merge => (typeof merge === 'string' ? (merge.split(' ') as [string, string]) : merge))
  return { form, tokens, merges, special }
}
