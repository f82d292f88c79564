/**
 * Makes Atlas' facts out of the packages that carry them. They are committed, so that nothing is needed when the
 * lab runs; this says how they came to be:
 *
 *     npm install --no-save --prefix /tmp/facts world-countries@5.1.0 pokemon@3.3.1
 *     node electron/corpora/atlas/build-facts.mjs /tmp/facts/node_modules
 *
 * `world-countries` is a database under the Open Database License 1.0; `countries.json` is derived from it and stays
 * under that licence. `pokemon` is under the MIT licence.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const packages = resolve(process.argv[2] ?? 'node_modules')
const read = path => JSON.parse(readFileSync(join(packages, path), 'utf8'))

/** What the database says otherwise, or in a form that a sentence cannot use. */
const corrections = {
  BGR: { currencies: ['euro'] },
  CUB: { currencies: ['Cuban peso'] },
  DMA: { chinese: '多米尼克' },
  DOM: { chinese: '多米尼加' },
  FSM: { currencies: ['United States dollar'] },
  GEO: { currencies: ['Georgian lari'] },
  GMB: { currencies: ['Gambian dalasi'] },
  IRN: { languages: ['Persian'] },
  MDA: { languages: ['Romanian'] },
  MKD: { chinese: '北马其顿', currencies: ['Macedonian denar'] },
  NOR: { languages: ['Norwegian', 'Sami'] },
  AUT: { languages: ['German'] },
  CHE: { languages: ['French', 'German', 'Italian', 'Romansh'] },
  USA: { capital: 'Washington' },
  VEN: { currencies: ['Venezuelan bolívar'] },
  ZWE: { currencies: ['United States dollar'] }
}

/** The language that most people speak, where the database does not name it first. */
const mainLanguages = {
  ARG: 'Spanish',
  BDI: 'Kirundi',
  BEL: 'Dutch',
  BLZ: 'English',
  BOL: 'Spanish',
  BWA: 'Tswana',
  CAF: 'Sango',
  CHE: 'German',
  COM: 'Comorian',
  ERI: 'Tigrinya',
  HTI: 'Haitian Creole',
  IND: 'Hindi',
  ISR: 'Hebrew',
  KEN: 'Swahili',
  KIR: 'Gilbertese',
  LSO: 'Sotho',
  LUX: 'Luxembourgish',
  MDG: 'Malagasy',
  MHL: 'Marshallese',
  MLT: 'Maltese',
  MWI: 'Chewa',
  MYS: 'Malay',
  NAM: 'English',
  NRU: 'Nauru',
  PAK: 'Urdu',
  PER: 'Spanish',
  PHL: 'Filipino',
  PLW: 'Palauan',
  PNG: 'Tok Pisin',
  PRY: 'Spanish',
  RWA: 'Kinyarwanda',
  SOM: 'Somali',
  SWZ: 'Swazi',
  SYC: 'Seychellois Creole',
  TJK: 'Tajik',
  TKM: 'Turkmen',
  TLS: 'Tetum',
  TON: 'Tongan',
  TUV: 'Tuvaluan',
  TZA: 'Swahili',
  UZB: 'Uzbek',
  WSM: 'Samoan',
  ZAF: 'Zulu',
  ZWE: 'Shona'
}

/** Countries whose names take an article. */
const withArticle = new Set('ARE BHS CAF COG COM DOM GBR GMB MDV MHL NLD PHL SLB SYC USA'.split(' '))

function mainFirst(code, languages) {
  const main = mainLanguages[code] ?? languages[0]
  if (!languages.includes(main)) throw new Error(`${code} has no language ${main}`)
  return [main, ...languages.filter(language => language !== main)]
}

const all = read('world-countries/countries.json').filter(country => country.independent)
const bordersOf = new Map(all.map(country => [country.cca3, country.borders]))
const countries = all
  .map(country => ({
    code: country.cca3,
    name: country.name.common,
    article: withArticle.has(country.cca3),
    chinese: country.translations.zho.common,
    capital: country.capital[0],
    region: country.region,
    subregion: country.subregion,
    languages: Object.values(country.languages).filter(language => !language.includes('Sign Language')),
    currencies: Object.values(country.currencies).map(({ name }) => (name === 'Euro' ? 'euro' : name)),
    // A border that only one side knows is none: the database has Sri Lanka's with India.
    neighbours: country.borders.filter(code => bordersOf.get(code)?.includes(country.cca3)),
    area: country.area,
    landlocked: country.landlocked,
    ...corrections[country.cca3]
  }))
  .map(country => ({ ...country, languages: mainFirst(country.code, country.languages) }))
  .sort((a, b) => (a.code < b.code ? -1 : 1))

/** Those of the first 151 that are one plain word. */
const pokemon = read('pokemon/data/en.json')
  .slice(0, 151)
  .filter(name => /^[A-Z][a-z]{3,8}$/.test(name))

/** One record a line, so that a change shows as one. */
function write(name, card, list) {
  const lines = list.map(record => `    ${JSON.stringify(record)}`).join(',\n')
  const head = Object.entries(card).map(([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)},\n`)
  writeFileSync(join(import.meta.dirname, `${name}.json`), `{\n${head.join('')}  "records": [\n${lines}\n  ]\n}\n`)
  console.log(`${name}: ${list.length} records`)
}

write(
  'countries',
  {
    title: 'Countries of the world: names, capitals, regions, languages, currencies, neighbours, areas (km²)',
    source:
      'npm package world-countries 5.1.0 (https://mledoze.github.io/countries/), with corrections of electron/corpora/atlas/build-facts.mjs',
    licence: 'Open Database License 1.0 (https://opendatacommons.org/licenses/odbl/1.0/)',
    attribution:
      'Contains information from mledoze/countries, which is made available here under the Open Database License (ODbL).'
  },
  countries
)
write(
  'pokemon',
  { title: 'Names of Pokémon', source: 'npm package pokemon 3.3.1', licence: 'MIT, Copyright (c) Sindre Sorhus' },
  pokemon
)
