/** Comma-separated values as RFC 4180 defines them. */

export type CsvCell = string | number | boolean | null | undefined

const quoted = (cell: CsvCell): string => {
  if (cell === null || cell === undefined) return ''
  const text = String(cell)
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** One header line and one line a row, ended by CRLF. Numbers keep every digit that JavaScript prints for them. */
export function toCsv(header: readonly string[], rows: Iterable<readonly CsvCell[]>): string {
  let text = `${header.map(quoted).join(',')}\r\n`
  for (const row of rows) text += `${row.map(quoted).join(',')}\r\n`
  return text
}
