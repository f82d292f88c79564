/** Text for people: colours where there is a terminal, a bar, a table, a curve. */
import { styleText } from 'node:util'

/** Colours only on a terminal, and never against NO_COLOR (https://no-color.org). */
export function hasColour(stream: { isTTY?: boolean } = process.stdout, environment: NodeJS.ProcessEnv = process.env): boolean {
  return stream.isTTY === true && !environment['NO_COLOR'] && environment['TERM'] !== 'dumb'
}

const styles = (stream: { isTTY?: boolean }) => {
  const paint = (format: Parameters<typeof styleText>[0]) => (text: string) =>
    hasColour(stream) ? styleText(format, text, { validateStream: false }) : text
  return {
    strong: paint('bold'),
    quiet: paint('dim'),
    good: paint('green'),
    bad: paint('red'),
    accent: paint('cyan')
  }
}
/** For standard output. */
export const style = styles(process.stdout)
/** For standard error. */
export const errorStyle = styles(process.stderr)

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

const isNumber = (cell: string) => /^(?:[-+]?[\d.,:]+(?:e[-+]?\d+)?|[\d,]+ of [\d,]+|[–∞]?)$/.test(cell)

/** A heading and rows in columns; columns of numbers stand to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const [heading, ...body] = rows
  const columns = heading!.map((_, column) => ({
    width: Math.max(...rows.map(row => [...row[column]!].length)),
    right: body.every(row => isNumber(row[column]!))
  }))
  const lines = rows.map(row =>
    row
      .map((cell, column) => {
        const { width, right } = columns[column]!
        const space = ' '.repeat(width - [...cell].length)
        return right ? space + cell : cell + space
      })
      .join('  ')
      .trimEnd()
  )
  return [style.quiet(lines[0]!), ...lines.slice(1)].join('\n')
}

/** A line that is written over itself on a terminal, and not at all elsewhere. */
export class StatusLine {
  readonly #stream = process.stdout
  #shown = false

  /** Characters that fit: one less than the terminal has, so that it never wraps. */
  get width(): number {
    return (this.#stream.columns ?? 80) - 1
  }

  show(text: string): void {
    if (!this.#stream.isTTY) return
    this.#stream.write(`\r\u001b[2K${[...text].slice(0, this.width).join('')}`)
    this.#shown = true
  }

  clear(): void {
    if (this.#shown) this.#stream.write('\r\u001b[2K')
    this.#shown = false
  }
}

/** Points of one curve, and its colour. */
export interface Series {
  readonly x: ArrayLike<number>
  readonly y: ArrayLike<number>
  readonly paint: (text: string) => string
}

/** Dots of a Braille character, by column and row (Unicode 15, U+2800). */
const dots = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80]
]

/**
 * Curves in Braille dots, two by four to a character, on one pair of axes. Where curves meet, the later one's
 * colour shows. Empty for fewer than two points.
 */
export function curve(series: readonly Series[], width = 60, height = 10): string {
  const curves = series.map(({ x, y, paint }) => ({
    paint,
    points: Array.from({ length: x.length }, (_, i) => ({ x: x[i]!, y: y[i]! })).filter(point => Number.isFinite(point.y))
  }))
  const all = curves.flatMap(({ points }) => points)
  if (all.length < 2) return ''
  const range = (values: number[]) => {
    const low = values.reduce((a, b) => Math.min(a, b))
    return { low, span: values.reduce((a, b) => Math.max(a, b)) - low || 1 }
  }
  const across = range(all.map(point => point.x))
  const down = range(all.map(point => point.y))
  const cells = Array.from({ length: height }, () => Array.from({ length: width }, () => ({ dots: 0, paint: style.quiet })))
  for (const { points, paint } of curves)
    for (let column = 0; column < width * 2; column++) {
      const y = heightAt(points, across.low + (across.span * column) / (width * 2 - 1))
      if (y === undefined) continue
      const row = Math.round((1 - (y - down.low) / down.span) * (height * 4 - 1))
      const cell = cells[row >> 2]![column >> 1]!
      cell.dots |= dots[column & 1]![row & 3]!
      cell.paint = paint
    }
  const label = (value: number) => value.toFixed(2).padStart(7)
  const lines = cells.map((line, row) => {
    const edge = row === 0 ? label(down.low + down.span) : row === height - 1 ? label(down.low) : ' '.repeat(7)
    return `${style.quiet(`${edge} ┤`)}${painted(line)}`.trimEnd()
  })
  const first = thousands(across.low)
  const foot = `${' '.repeat(9)}${first}${thousands(across.low + across.span).padStart(width - first.length)}`
  return [...lines, style.quiet(foot)].join('\n')
}

/** Cells of one line, those of one colour painted together. */
function painted(line: readonly { readonly dots: number; readonly paint: Series['paint'] }[]): string {
  const runs: { text: string; paint: Series['paint'] }[] = []
  for (const { dots: set, paint } of line) {
    const text = set === 0 ? ' ' : String.fromCodePoint(0x2800 + set)
    const last = runs.at(-1)
    if (last && (last.paint === paint || set === 0)) last.text += text
    else runs.push({ text, paint })
  }
  return runs.map(({ text, paint }) => paint(text)).join('')
}

/** Height of a curve at x, on the straight line between its neighbours; undefined outside it. */
function heightAt(points: readonly { readonly x: number; readonly y: number }[], x: number): number | undefined {
  const right = points.findIndex(point => point.x >= x - 1e-9)
  if (right < 0) return undefined
  const [from, to] = [points[right - 1], points[right]!]
  if (!from) return to.x <= x + 1e-9 ? to.y : undefined
  return from.y + ((to.y - from.y) * (x - from.x)) / (to.x - from.x)
}

/** A deviation: 0, 3.2e-7, or ∞ where nothing could be compared. */
export function deviation(value: number): string {
  if (value === 0) return '0'
  return Number.isFinite(value) ? value.toExponential(1) : '∞'
}
