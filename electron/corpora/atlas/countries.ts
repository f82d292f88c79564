/** Countries of the world, from `countries.json` (see `build-facts.mjs` for its source; Open Database License). */
import data from './countries.json' with { type: 'json' }

export interface Country {
  /** ISO 3166-1 alpha-3. */
  readonly code: string
  /** Without an article. */
  readonly name: string
  /** Name within a sentence: `the Netherlands`. */
  readonly called: string
  readonly chinese: string
  readonly capital: string
  readonly continent: Continent
  /** Part of the continent, as the United Nations cut it: `Northern Europe`. */
  readonly subregion: string
  /** The one that most people speak comes first. */
  readonly languages: readonly string[]
  /** The usual one comes first. */
  readonly currencies: readonly string[]
  /** Codes. */
  readonly neighbours: readonly string[]
  /** Square kilometres. */
  readonly area: number
  readonly landlocked: boolean
}

export const continents = {
  Africa: '非洲',
  Asia: '亚洲',
  Europe: '欧洲',
  'North America': '北美洲',
  'South America': '南美洲',
  Oceania: '大洋洲'
} as const
export type Continent = keyof typeof continents

type Row = (typeof data.records)[number]

function continentOf({ region, subregion }: Row): Continent {
  if (region !== 'Americas') return region as Continent
  return subregion === 'South America' ? 'South America' : 'North America'
}

export const countries: readonly Country[] = data.records.map(row => ({
  ...row,
  called: row.article ? `the ${row.name}` : row.name,
  continent: continentOf(row)
}))

export const attribution = data.attribution

const byCode = new Map(countries.map(country => [country.code, country]))

export function neighboursOf(country: Country): Country[] {
  return country.neighbours.map(code => byCode.get(code)!)
}

/** Countries of a continent, the largest first. */
export function largestOf(continent: Continent): Country[] {
  return countries.filter(country => country.continent === continent).sort((a, b) => b.area - a.area)
}
