/** Texts as tokens, ready to train on; the last few are kept, since a recipe is changed field by field before it is started. */
import type { PretrainRecipe } from '../contract/training.ts'
import { prepareText, type PreparedText } from '../training/preparation.ts'
import type { Corpora, Corpus } from './corpora.ts'

const most = 3

export class PreparedTexts {
  /** The one used last comes last. */
  readonly #kept = new Map<string, Promise<PreparedText>>()

  constructor(readonly corpora: Corpora) {}

  /** @throws LabFailure `corpus-unknown` and others of `Corpora.read` */
  async of(recipe: PretrainRecipe): Promise<{ readonly corpus: Corpus; readonly text: PreparedText }> {
    const corpus = await this.corpora.read(recipe.corpus.source)
    const key = JSON.stringify([corpus.sha256, recipe.tokenizer, recipe.corpus.validation])
    const text = this.#kept.get(key) ?? prepareText(recipe, corpus)
    this.#kept.delete(key)
    this.#kept.set(key, text)
    text.catch(() => this.#kept.delete(key))
    if (this.#kept.size > most) this.#kept.delete(this.#kept.keys().next().value!)
    return { corpus, text: await text }
  }
}
