/** A text is one document or several: sonnets, chapters, articles. */
import { endOfText } from '../tokenizers/vocabulary.ts'

/** A line that holds nothing but `<|endoftext|>`. */
const separator = new RegExp(`^${endOfText.replaceAll('|', '\\|')}[ \\t]*$`, 'm')
/** What stands between documents where they are read as one plain text. */
const gap = '\n\n'

/** Documents of a text, in order; a text without separator lines is one document, as it is. */
export function splitDocuments(text: string): string[] {
  const pieces = text.split(separator)
  if (pieces.length === 1) return pieces
  // The line breaks around a separator line, and the one at the end of the file, belong to no document.
  return pieces.map((piece, i) => piece.slice(i > 0 && piece.startsWith('\n') ? 1 : 0).replace(/\n$/, '')).filter(hasText)
}

export function hasText(document: string): boolean {
  return /\S/.test(document)
}

/** All documents as one plain text with a blank line between them. */
export function plainText(documents: readonly string[]): string {
  return documents.join(gap)
}

/** The part to learn and the part held out. */
export interface SplitText {
  readonly train: readonly string[]
  readonly validation: readonly string[]
}

/**
 * Holds out the end of a text, by characters of the plain text (nanoGPT's prepare.py). The document in which the
 * cut falls is cut there.
 * @param validation share that is held out, 0 to 1
 */
export function holdOut(documents: readonly string[], validation: number): SplitText {
  const cut = Math.floor(plainText(documents).length * (1 - validation))
  const train: string[] = []
  const held: string[] = []
  let start = 0
  for (const document of documents) {
    const here = wholeCharacter(document, Math.min(Math.max(cut - start, 0), document.length))
    if (here > 0) train.push(document.slice(0, here))
    if (here < document.length) held.push(document.slice(here))
    start += document.length + gap.length
  }
  return { train, validation: held }
}

/** The place, or the one before it where it falls between the halves of a character outside the basic plane. */
function wholeCharacter(text: string, at: number): number {
  return at > 0 && at < text.length && (text.charCodeAt(at) & 0xfc00) === 0xdc00 ? at - 1 : at
}
