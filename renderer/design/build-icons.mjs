/**
 * Draws icon.svg into the files that packages need: icons/icon.png (Linux), icon.ico (Windows), icon.icns
 * (macOS). Run by hand when the drawing changes: node renderer/design/build-icons.mjs
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from '@playwright/test'

const here = import.meta.dirname
const system = '/usr/bin/chromium'
const browser = await chromium.launch({
  executablePath: existsSync(system) ? system : undefined,
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : []
})
const page = await browser.newPage()
const drawing = readFileSync(join(here, 'icon.svg'), 'utf8')

/** The drawing on its tile, as a square PNG. */
async function png(size) {
  await page.setViewportSize({ width: size, height: size })
  const edge = Math.max(1, Math.round(size / 128))
  await page.setContent(`<style>
    body { margin: 0 }
    main { box-sizing: border-box; width: ${size}px; height: ${size}px; padding: ${size * 0.18}px; background: #fff;
           border: ${edge}px solid #d5dae1; border-radius: ${size * 0.2}px }
    svg { display: block; width: 100%; height: 100% }
  </style><main>${drawing}</main>`)
  return page.screenshot({ omitBackground: true })
}

const images = new Map()
for (const size of [16, 32, 48, 64, 128, 256, 512, 1024]) images.set(size, await png(size))
await browser.close()

/** An ICO file of PNG images: a header of 6 bytes, an entry of 16 an image, the images. */
function ico(sizes) {
  const header = Buffer.alloc(6 + 16 * sizes.length)
  header.writeUInt16LE(1, 2)
  header.writeUInt16LE(sizes.length, 4)
  let offset = header.length
  sizes.forEach((size, place) => {
    const at = 6 + 16 * place
    // 256 is written as 0.
    header.writeUInt8(size % 256, at)
    header.writeUInt8(size % 256, at + 1)
    header.writeUInt16LE(1, at + 4)
    header.writeUInt16LE(32, at + 6)
    header.writeUInt32LE(images.get(size).length, at + 8)
    header.writeUInt32LE(offset, at + 12)
    offset += images.get(size).length
  })
  return Buffer.concat([header, ...sizes.map(size => images.get(size))])
}

/** An ICNS file of PNG images: each has its type and its length in front, and so has the file. */
function icns(types) {
  const chunk = (type, body) => {
    const header = Buffer.alloc(8)
    header.write(type, 0, 'latin1')
    header.writeUInt32BE(8 + body.length, 4)
    return Buffer.concat([header, body])
  }
  return chunk('icns', Buffer.concat(Object.entries(types).map(([type, size]) => chunk(type, images.get(size)))))
}

const folder = join(here, 'icons')
mkdirSync(folder, { recursive: true })
writeFileSync(join(folder, 'icon.png'), images.get(512))
writeFileSync(join(folder, 'icon.ico'), ico([16, 32, 48, 64, 128, 256]))
writeFileSync(
  join(folder, 'icon.icns'),
  icns({ ic11: 32, ic12: 64, ic07: 128, ic13: 256, ic08: 256, ic14: 512, ic09: 512, ic10: 1024 })
)
