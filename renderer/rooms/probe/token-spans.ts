/** Where each token stands in the text a person typed. */
import type { TokenView } from '../../../electron/contract/probe.ts'

/** A stretch of text and the tokens that make it up; several where a character was cut into bytes. */
export interface TokenSpan {
  readonly start: number
  readonly end: number
  /** First token of the stretch. */
  readonly first: number
  /** How many tokens share it. */
  readonly count: number
}

const fragment = /^(?:<0x[0-9A-Fa-f]{2}>)+$/
const bytesOf = (text: string): number[] =>
  [...text.matchAll(/<0x([0-9A-Fa-f]{2})>/g)].map(match => Number.parseInt(match[1]!, 16))

/** Whether the text stands for bytes that are no whole character. */
export const isFragment = (text: string): boolean => fragment.test(text)

/** Text of tokens in a row; bytes that complete a character become it, others the replacement character. */
export function joinTokens(tokens: readonly { readonly text: string }[]): string {
  let text = ''
  let bytes: number[] = []
  const flush = () => {
    if (bytes.length > 0) text += new TextDecoder().decode(Uint8Array.from(bytes))
    bytes = []
  }
  for (const token of tokens) {
    if (isFragment(token.text)) bytes.push(...bytesOf(token.text))
    else {
      flush()
      text += token.text
    }
  }
  flush()
  return text
}

/**
 * Lays tokens along a text. A token whose text stands at its place is a span of its own; tokens that
 * are parts of a character share the span of that character. Tokens that the text no longer contains
 * (it was edited since) are left out, with everything behind them.
 */
export function alignTokens(text: string, tokens: readonly Pick<TokenView, 'text'>[]): readonly TokenSpan[] {
  const spans: TokenSpan[] = []
  let at = 0
  for (let i = 0; i < tokens.length;) {
    const own = tokens[i]!.text
    if (own !== '' && text.startsWith(own, at)) {
      spans.push({ start: at, end: at + own.length, first: i, count: 1 })
      at += own.length
      i++
      continue
    }
    if (!isFragment(own)) return spans
    // The shortest run of fragments that decodes to what stands here.
    let count = 0
    let end = at
    const bytes: number[] = []
    while (i + count < tokens.length && isFragment(tokens[i + count]!.text)) {
      bytes.push(...bytesOf(tokens[i + count]!.text))
      count++
      const decoded = new TextDecoder().decode(Uint8Array.from(bytes))
      if (text.startsWith(decoded, at)) {
        end = at + decoded.length
        if (!decoded.includes('\ufffd')) break
      }
    }
    if (end === at) return spans
    spans.push({ start: at, end, first: i, count })
    at = end
    i += count
  }
  return spans
}

/** The token at a place in the text: the one that holds the character before it (a cursor stands behind what it belongs to). */
export function tokenAt(spans: readonly TokenSpan[], offset: number): number | undefined {
  const span = spans.find(({ start, end }) => offset > start && offset <= end) ?? (offset === 0 ? spans[0] : undefined)
  return span && span.first + span.count - 1
}
