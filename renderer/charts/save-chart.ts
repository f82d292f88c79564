/** Saves a chart as a picture and its data as a table, through the browser's own download. */
import type { ChartTheme } from './chart-theme.ts'
import { init, type ChartOption } from './echarts.ts'

/** A name that every file system takes. */
export function safeFileName(name: string): string {
  const safe = name
    .normalize('NFC')
    .replace(/[^\p{L}\p{N}._-]+/gu, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
  return safe.slice(0, 80) || 'chart'
}

function download(blob: Blob, file: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = file
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}

/** Saves text as `<name>.csv`, marked as UTF-8 so that spreadsheets read Chinese. */
export function saveCsv(text: string, name: string): void {
  download(new Blob(['\uFEFF', text], { type: 'text/csv;charset=utf-8' }), `${safeFileName(name)}.csv`)
}

export interface PictureParts {
  readonly option: ChartOption
  readonly theme: ChartTheme
  /** CSS pixels; the picture has twice as many. */
  readonly width: number
  readonly height: number
  readonly title: string
  readonly note: string
}

/** Draws a chart, still and on the panel's colour, under its title. */
export function drawPicture({ option, theme, width, height, title, note }: PictureParts): HTMLCanvasElement {
  const host = document.createElement('div')
  const chart = init(host, undefined, { renderer: 'canvas', width, height, devicePixelRatio: 2 })
  try {
    chart.setOption({ ...option, animation: false, backgroundColor: theme.panel })
    const plot = chart.renderToCanvas({ pixelRatio: 2 })
    const head = title ? theme.size * 2.6 : 0
    const margin = theme.size
    const canvas = document.createElement('canvas')
    canvas.width = (width + 2 * margin) * 2
    canvas.height = (height + head + 2 * margin) * 2
    const context = canvas.getContext('2d')!
    context.scale(2, 2)
    context.fillStyle = theme.panel
    context.fillRect(0, 0, canvas.width, canvas.height)
    context.textBaseline = 'top'
    context.font = `600 ${theme.size * 1.1}px ${theme.sans}`
    context.fillStyle = theme.ink
    context.fillText(title, margin, margin)
    const after = margin + context.measureText(title).width + theme.size * 0.8
    context.font = `${theme.size}px ${theme.sans}`
    context.fillStyle = theme.ink3
    context.fillText(note, after, margin + 1, Math.max(1, width - after))
    context.drawImage(plot, margin, margin + head, width, height)
    return canvas
  } finally {
    chart.dispose()
  }
}

/** Saves a chart as `<name>.png`. */
export function savePng(parts: PictureParts, name: string): void {
  drawPicture(parts).toBlob(blob => blob && download(blob, `${safeFileName(name)}.png`), 'image/png')
}
