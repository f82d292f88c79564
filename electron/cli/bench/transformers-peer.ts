/** `@huggingface/transformers` as the peer of decoding: the same weights, greedy, at its best of several settings. */
import { basename, dirname } from 'node:path'
import type * as TransformersPackage from '@huggingface/transformers'

type Transformers = typeof TransformersPackage
type Model = Awaited<ReturnType<Transformers['AutoModelForCausalLM']['from_pretrained']>>

export interface PeerSetting {
  readonly attention: 'standard' | 'decomposed'
  readonly threads: number
}

/** The package, a development dependency; undefined where it is not installed. */
export async function loadTransformers(): Promise<Transformers | undefined> {
  // Not a literal, so that no bundler takes it in.
  const name = '@huggingface/transformers'
  return (import(/* @vite-ignore */ name) as Promise<Transformers>).catch(() => undefined)
}

/** A model opened by the peer. */
export class TransformersPeer {
  private constructor(
    readonly transformers: Transformers,
    readonly model: Model,
    readonly setting: PeerSetting
  ) {}

  static async open(transformers: Transformers, folder: string, setting: PeerSetting): Promise<TransformersPeer> {
    transformers.env.allowRemoteModels = false
    transformers.env.localModelPath = dirname(folder)
    const model = await transformers.AutoModelForCausalLM.from_pretrained(basename(folder), {
      dtype: 'fp32',
      session_options: { intraOpNumThreads: setting.threads, graphOptimizationLevel: 'all', executionMode: 'sequential' }
    })
    return new TransformersPeer(transformers, model, setting)
  }

  /** Greedy. @param prompts of one length @returns new tokens of each stream, and seconds */
  async decode(prompts: readonly Int32Array[], tokens: number): Promise<{ tokens: number[][]; seconds: number }> {
    const { Tensor } = this.transformers
    const shape = [prompts.length, prompts[0]!.length]
    const flat = prompts.flatMap(prompt => [...prompt])
    const inputs = {
      input_ids: new Tensor('int64', BigInt64Array.from(flat, BigInt), shape),
      attention_mask: new Tensor('int64', new BigInt64Array(flat.length).fill(1n), shape)
    }
    const start = performance.now()
    const output = await this.model.generate({ ...inputs, max_new_tokens: tokens, do_sample: false })
    const seconds = (performance.now() - start) / 1000
    const rows = (output as { tolist(): (number | bigint)[][] }).tolist()
    return { tokens: rows.map(row => row.slice(shape[1]).map(Number)), seconds }
  }

  async close(): Promise<void> {
    await this.model.dispose()
  }
}
