/** What the later stages learn from: Atlas's data, or lines that the user has added as a text. */
import { createHash } from 'node:crypto'
import { LabFailure } from '../contract/failure.ts'
import type { RecipeOf } from '../contract/training.ts'
import { atlas, atlasSeed } from '../corpora/atlas/atlas.ts'
import { writtenComparisons } from '../corpora/atlas/comparisons.ts'
import { inShares } from '../corpora/atlas/prompts.ts'
import { plainText } from '../corpora/documents.ts'
import { readComparisons, writeComparisons, type Comparison, type Demonstration } from '../corpora/preferences.ts'
import { shippedTexts } from '../corpora/shipped.ts'
import type { Engine } from '../engine/plan.ts'
import { gptGraph } from '../graph/gpt.ts'
import { seededRandom } from '../sampling/random.ts'
import { collectComparisons } from '../training/comparisons.ts'
import type { LabelledText } from '../training/classify.ts'
import type { SplitItems } from '../training/held-out.ts'
import type { Waypoint } from '../training/prepared-run.ts'
import type { RunCorpus } from '../training/run-folder.ts'
import type { Corpora } from './corpora.ts'
import type { StageModel } from './stage-model.ts'

/** Data of a stage, and what a run's record says of it. */
export interface StageData<T> {
  readonly items: T
  readonly corpus: RunCorpus
}

/** Streams of a recipe's seed: completions to compare, and the prompts that are completed. */
const comparisonStream = 3
const promptStream = 4
/** Completions that are decoded at once. */
const streams = 32

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** What a run's record says of a part of Atlas. */
export function atlasData(part: string, text: string): RunCorpus {
  const { title, licence } = shippedTexts.find(({ id }) => id === 'atlas')!
  return { id: 'atlas', title: `${title}: ${part}`, licence, sha256: sha256(text) }
}

function onlyAtlas(source: string): void {
  if (source !== 'atlas')
    throw new LabFailure('data-unknown', `There are no data ${source} for this stage. Expected atlas.`, { source })
}

/** @throws LabFailure `data-unknown` */
export function demonstrations(source: string): StageData<readonly Demonstration[]> {
  onlyAtlas(source)
  const items = atlas().demonstrations()
  return { items, corpus: atlasData('demonstrations', JSON.stringify(items)) }
}

/** @throws LabFailure `data-unknown` */
export function labelledTexts(source: string): StageData<SplitItems<LabelledText>> {
  onlyAtlas(source)
  const { sentiment } = atlas()
  return { items: sentiment, corpus: atlasData('reviews', JSON.stringify(sentiment)) }
}

/** Of what is written in a run's folder, or in a text. */
export function comparisonsOf(text: string, corpus: Omit<RunCorpus, 'sha256'>): StageData<readonly Comparison[]> {
  return { items: readComparisons(text, corpus.title), corpus: { ...corpus, sha256: sha256(text) } }
}

/**
 * The comparisons of a text that the user has added.
 * @throws LabFailure `corpus-unknown`, `comparisons-invalid`, `comparisons-none`
 */
export async function addedComparisons(source: string, corpora: Corpora): Promise<StageData<readonly Comparison[]>> {
  const { id, title, licence, documents } = await corpora.read(source)
  return decided(comparisonsOf(plainText(documents), { id, title, licence }))
}

/**
 * Collects comparisons: the model's completions and the writers', ranked by the rater.
 * @returns undefined when it was not to go on
 * @throws LabFailure `comparisons-none`
 */
export async function newComparisons(
  { seed }: { readonly seed: number },
  options: RecipeOf<'reward'>['reward'],
  model: StageModel,
  { engine, threads }: { readonly engine: Engine; readonly threads: number },
  at: Waypoint
): Promise<StageData<readonly Comparison[]> | undefined> {
  const world = atlas()
  const draw = inShares(world.allPrompts, 'train')
  const random = seededRandom(seed, promptStream)
  const prompts = Array.from({ length: options.prompts }, () => draw(random))
  const written =
    options.written > 0
      ? writtenComparisons(world, {
          count: options.written,
          split: 'train',
          completions: options.completions,
          noise: options.noise,
          seed: (seed + atlasSeed) % 2 ** 32
        })
      : []
  const drawn = await drawComparisons(prompts, options, model, { engine, threads, seed }, at)
  if (!drawn) return undefined
  const text = writeComparisons([...drawn, ...written])
  const { title, licence } = atlasData('comparisons', text)
  return decided(comparisonsOf(text, { id: 'atlas', title, licence }))
}

async function drawComparisons(
  prompts: Parameters<typeof collectComparisons>[1],
  options: RecipeOf<'reward'>['reward'],
  { config, parameters, tokenizer }: StageModel,
  { engine, threads, seed }: { readonly engine: Engine; readonly threads: number; readonly seed: number },
  at: Waypoint
): Promise<Comparison[] | undefined> {
  if (prompts.length === 0) return []
  const plan = engine.compile(gptGraph({ ...config, dropout: 0 }), { batch: 1, length: config.context, threads, streams })
  try {
    await plan.writeParameters(parameters)
    return await collectComparisons({ plan, streams, tokenizer }, prompts, options, seededRandom(seed, comparisonStream), at)
  } finally {
    await plan.close()
  }
}

function decided(data: StageData<readonly Comparison[]>): StageData<readonly Comparison[]> {
  if (!data.items.some(({ ranks }) => ranks.some(rank => rank !== ranks[0])))
    throw new LabFailure(
      'comparisons-none',
      'Expected comparisons of which some are decided but all are ties, or there are none.'
    )
  return data
}
