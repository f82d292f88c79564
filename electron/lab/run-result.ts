/** The model that comes out of a run, with its card. */
import { cp, stat } from 'node:fs/promises'
import { cpus } from 'node:os'
import type { Recipe, RunHistory } from '../contract/training.ts'
import type { PreparedRun } from '../training/prepared-run.ts'
import type { RunCorpus, RunFolder, RunRecord } from '../training/run-folder.ts'
import type { TrainedResult } from '../training/run-loop.ts'
import { snapshotFolder } from '../training/snapshots.ts'
import type { Models } from './models.ts'

/** A run at its end. */
export interface FinishedRun {
  readonly folder: RunFolder
  readonly recipe: Recipe
  readonly record: RunRecord
  readonly corpus: RunCorpus
  readonly prepared: PreparedRun
  readonly history: RunHistory
  readonly metrics?: Readonly<Record<string, number>>
  readonly threads: number
}

/** @returns the model's id */
export async function writeResult(
  models: Models,
  { folder, recipe, record, corpus, prepared, history, metrics, threads }: FinishedRun,
  result: TrainedResult
): Promise<string> {
  const { kind, config, graph, classes } = prepared.model
  const shapes = new Map(graph.parameters.map(parameter => [parameter.name, parameter.shape]))
  const model = await models.write(
    folder.id,
    {
      model: { ...config, dropout: 0 },
      parameters: result.parameters,
      tokenizer: prepared.tokenizer,
      kind,
      ...(classes && { classes }),
      card: {
        name: record.name,
        origin: 'trained',
        created: new Date().toISOString(),
        run: folder.id,
        purpose: recipe.purpose,
        data: corpus.title,
        licence: corpus.licence,
        dataHash: corpus.sha256,
        ...(record.from && { from: record.from }),
        ...(metrics && { metrics }),
        recipe,
        seed: recipe.seed,
        steps: result.step,
        trainLoss: result.trainLoss,
        ...(result.validationLoss !== null && { validationLoss: result.validationLoss }),
        tokensPerSecond: Math.round(result.tokensPerSecond),
        machine: `${cpus()[0]?.model ?? 'unknown processor'}, ${threads} threads, ${record.engine.simd}`,
        curve: {
          steps: [...history.evaluationSteps],
          train: [...history.evaluationTrain],
          validation: [...history.evaluationValidation].map(loss => (Number.isNaN(loss) ? null : loss))
        }
      }
    },
    shapes
  )
  // The policy at some steps of its training, where the stage has kept it.
  const kept = snapshotFolder(folder.path)
  if (await stat(kept).catch(() => undefined))
    await cp(kept, snapshotFolder(await models.directory(model.id)), { recursive: true })
  return model.id
}
