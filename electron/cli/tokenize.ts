/** `gptlab tokenize`: text to tokens and back. */
import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { LabFailure } from '../contract/failure.ts'
import { print, printJson, withLab, type CommonOptions } from './command.ts'
import { findModel } from './models.ts'
import { style, table, thousands, visible } from './terminal.ts'

/** A tokenizer by file, by a model's folder or name, or GPT-2's. */
async function findTokenizer(asked: string) {
  const { gpt2Tokenizer, readTokenizerFile } = await import('../tokenizers/tokenizer.ts')
  if (asked === 'gpt2') return await gpt2Tokenizer()
  const entry = await stat(resolve(asked)).catch(() => undefined)
  if (entry?.isFile()) return await readTokenizerFile(resolve(asked))
  if (entry?.isDirectory()) return await readTokenizerFile(join(resolve(asked), 'tokenizer.json'))
  return await withLab({}, async lab => {
    const model = await findModel(lab, asked).catch(() => {
      throw new LabFailure(
        'tokenizer-unknown',
        `There is no tokenizer ${asked}. Expected a tokenizer.json, a model's folder or name, or gpt2.`,
        { tokenizer: asked }
      )
    })
    return await lab.models.tokenizer(model.id)
  })
}

export async function tokenize(
  text: string,
  { tokenizer: asked, json }: CommonOptions & { readonly tokenizer: string }
): Promise<void> {
  const tokenizer = await findTokenizer(asked)
  const ids = [...tokenizer.encode(text)]
  if (json)
    return printJson({
      tokenizer: asked,
      vocabulary: tokenizer.vocabulary,
      ids,
      tokens: ids.map(id => tokenizer.text(id)),
      text: tokenizer.decode(ids)
    })
  print(
    `${style.strong(String(ids.length))} tokens of a vocabulary of ${thousands(tokenizer.vocabulary)}; ${[...text].length} characters`
  )
  print(table([['id', 'token'], ...ids.map(id => [String(id), visible(tokenizer.text(id))])]))
}
