/** Token texts as the charts show them: what cannot be seen is made visible. */

const visibleSigns: Readonly<Record<string, string>> = { ' ': '␣', '\n': '⏎', '\r': '␍', '\t': '⇥', '\u00a0': '⍽', '\u3000': '□' }

/** One character a person could not see, or could not tell from another, as a sign. */
function sign(character: string): string {
  const known = visibleSigns[character]
  if (known) return known
  const code = character.codePointAt(0)!
  if (code < 0x20) return String.fromCodePoint(0x2400 + code)
  return `‹${code.toString(16).toUpperCase().padStart(4, '0')}›`
}

/** A token's text with spaces (␣), line breaks (⏎), tabs and invisible characters shown as signs. */
export function visibleToken(text: string): string {
  return text === '' ? '∅' : text.replace(/[\s\p{Cc}\p{Cf}\u2028\u2029]/gu, sign)
}

/** Approximate width of text in a monospaced type, in characters; Chinese and emoji take two. */
export function monoWidth(text: string): number {
  let width = 0
  for (const character of text)
    width +=
      character.codePointAt(0)! >= 0x1100 &&
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\u{1f300}-\u{1faff}]/u.test(character)
        ? 2
        : 1
  return width
}

/** Shortened in the middle to at most `most` characters. */
export function shortened(text: string, most: number): string {
  const characters = [...text]
  if (characters.length <= most) return text
  const head = Math.ceil((most - 1) / 2)
  return `${characters.slice(0, head).join('')}…${characters.slice(characters.length - (most - 1 - head)).join('')}`
}

/** Text that stands in a rich label without being read as one of its marks. */
export const inRichText = (text: string): string => text.replaceAll('{', '{\u200b').replaceAll('}', '\u200b}')
