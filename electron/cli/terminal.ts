/** Text for people: colours where there is a terminal, a bar, a table, a curve. */
import { styleText } from 'node:util'

/** Colours only on a terminal, and never against NO_COLOR (https://no-color.org). */
export function hasColour(stream: { isTTY?: boolean } = process.stdout, environment: NodeJS.ProcessEnv = process.env): boolean {
  return stream.isTTY === true && !environment['NO_COLOR'] && environment['TERM'] !== 'dumb'
}

const paint = (format: Parameters<typeof styleText>[0]) => (text: string) => (hasColour() ? styleText(format, text) : text)
export const style = {
  strong: paint('bold'),
  quiet: paint('dim'),
  good: paint('green'),
  bad: paint('red'),
  accent: paint('cyan')
}

/** Minutes and seconds, or hours and minutes. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–'
  const whole = Math.max(0, Math.round(seconds))
  const pad = (value: number) => String(value).padStart(2, '0')
  if (whole >= 3600) return `${Math.floor(whole / 3600)} h ${pad(Math.floor((whole % 3600) / 60))} min`
  return `${Math.floor(whole / 60)}:${pad(whole % 60)}`
}

/** 1234567 → 1,234,567. */
export function thousands(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

/** A probability as the page shows it. */
export function percent(p: number): string {
  if (p === 0) return '0 %'
  return p < 0.0001 ? '<0.01 %' : `${(p * 100).toFixed(p < 0.01 ? 2 : 1)} %`
}

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

/** A bar of `share` (0 to 1) of `width` characters, in eighths of a character. */
export function bar(share: number, width: number): string {
  const filled = Math.max(0, Math.min(1, share)) * width
  const whole = Math.floor(filled)
  return ('█'.repeat(whole) + (eighths[Math.floor((filled - whole) * 8)] ?? '')).padEnd(width)
}

/** Spaces and line breaks made visible, as in the page. */
export function visible(token: string): string {
  return token.replaceAll(' ', '␣').replaceAll('\n', '⏎').replaceAll('\t', '⇥')
}

/** Columns aligned; numbers (as strings that begin with a digit or sign) to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map(row => [...(row[column] ?? '')].length)))
  return rows
    .map((row, i) =>
      row
        .map((cell, column) => {
          const space = ' '.repeat(Math.max(0, widths[column]! - [...cell].length))
          const right = i > 0 && /^[-+–<]?\d/.test(cell)
          return right ? space + cell : cell + space
        })
        .join('  ')
        .trimEnd()
    )
    .map((line, i) => (i === 0 ? style.quiet(line) : line))
    .join('\n')
}

/** A line that is written over itself on a terminal, and not at all elsewhere. */
export class StatusLine {
  readonly #stream = process.stdout
  #shown = false

  show(text: string): void {
    if (!this.#stream.isTTY) return
    this.#stream.write(`\r\u001b[2K${[...text].slice(0, (this.#stream.columns ?? 80) - 1).join('')}`)
    this.#shown = true
  }

  clear(): void {
    if (this.#shown) this.#stream.write('\r\u001b[2K')
    this.#shown = false
  }
}

/**
 * A curve in Braille dots, two by four to a character.
 * @param series points (x, y) of one curve or several; all share the axes
 */
export function curve(
  series: readonly { readonly x: ArrayLike<number>; readonly y: ArrayLike<number> }[],
  width = 60,
  height = 10
): string {
  const points = series.map(({ x, y }) =>
    Array.from({ length: x.length }, (_, i) => [x[i]!, y[i]!] as const).filter(([, value]) => Number.isFinite(value))
  )
  const all = points.flat()
  if (all.length < 2) return ''
  const low = { x: Math.min(...all.map(p => p[0])), y: Math.min(...all.map(p => p[1])) }
  const high = { x: Math.max(...all.map(p => p[0])), y: Math.max(...all.map(p => p[1])) }
  const cells = Array.from({ length: height }, () => new Array<number>(width).fill(0))
  const dots = [
    [0x01, 0x02, 0x04, 0x40],
    [0x08, 0x10, 0x20, 0x80]
  ]
  for (const [x, y] of all) {
    const column = Math.min(width * 2 - 1, Math.floor(((x - low.x) / (high.x - low.x || 1)) * (width * 2 - 1)))
    const row = Math.min(height * 4 - 1, Math.floor(((high.y - y) / (high.y - low.y || 1)) * (height * 4 - 1)))
    cells[row >> 2]![column >> 1]! |= dots[column & 1]![row & 3]!
  }
  const label = (value: number) => value.toFixed(2).padStart(7)
  const lines = cells.map((line, row) => {
    const edge = row === 0 ? label(high.y) : row === height - 1 ? label(low.y) : ' '.repeat(7)
    return `${style.quiet(`${edge} ┤`)}${line.map(cell => String.fromCodePoint(0x2800 + cell)).join('')}`
  })
  const foot = `${' '.repeat(9)}${thousands(low.x)}${thousands(high.x).padStart(width - thousands(low.x).length)}`
  return [...lines, style.quiet(foot)].join('\n')
}
