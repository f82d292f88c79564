/** The model that a later stage starts from. */
import { LabFailure } from '../contract/failure.ts'
import type { ModelKind } from '../contract/models.ts'
import type { Stage } from '../contract/training.ts'
import { chatIds } from '../corpora/chat.ts'
import type { GptConfig } from '../graph/gpt.ts'
import type { Parameters } from '../graph/parameters.ts'
import type { Tokenizer } from '../tokenizers/tokenizer.ts'
import type { RunRecord } from '../training/run-folder.ts'
import type { Models } from './models.ts'

/** Kinds of model that each later stage may start from. */
const startsFrom: Readonly<Record<Exclude<Stage, 'pretrain'>, readonly ModelKind[]>> = {
  sft: ['base'],
  reward: ['sft', 'rlhf'],
  dpo: ['sft', 'rlhf'],
  ppo: ['sft', 'rlhf'],
  grpo: ['sft', 'rlhf'],
  classify: ['base', 'sft']
}

/** A model of the lab, read whole. */
export interface StageModel {
  readonly name: string
  readonly config: GptConfig
  readonly parameters: Parameters
  readonly tokenizer: Tokenizer
  /** What a run's record says of it. */
  readonly record: NonNullable<RunRecord['from']>
}

/**
 * Reads the model that a stage starts from.
 * @param asked id, folder's name or name
 * @throws LabFailure `model-unknown`, `stage-wrong-model`, `tokenizer-foreign`, and those of loading
 */
export async function startingModel(models: Models, stage: Exclude<Stage, 'pretrain'>, asked: string): Promise<StageModel> {
  return labModel(models, asked, { stage, kinds: startsFrom[stage], head: 'language' })
}

/**
 * Reads a reward model whose tokenizer is the policy's.
 * @throws LabFailure as `startingModel`; `tokenizer-foreign` also for a reward model of another lineage
 */
export async function rewardModelFor(
  models: Models,
  stage: 'ppo' | 'grpo',
  asked: string,
  policy: StageModel
): Promise<StageModel> {
  const reward = await labModel(models, asked, { stage, kinds: ['reward'], head: 'score' })
  if (reward.tokenizer.json() !== policy.tokenizer.json())
    throw new LabFailure(
      'tokenizer-foreign',
      `Expected ${reward.name} to have the tokenizer of ${policy.name} but it has another one. Choose models of one lineage.`,
      { model: reward.name, expected: policy.name }
    )
  return reward
}

async function labModel(
  models: Models,
  asked: string,
  { stage, kinds, head }: { readonly stage: Stage; readonly kinds: readonly ModelKind[]; readonly head: 'language' | 'score' }
): Promise<StageModel> {
  // A folder outside the lab has to be opened once in each process.
  if (asked.startsWith('folder:')) await models.openDirectory(asked.slice('folder:'.length))
  const { id, name, kind } = await models.find(asked)
  const { config, parameters, tokenizer, key } = await models.load(id)
  if (config.form !== 'lab' || !parameters || config.head !== head || !kinds.includes(kind)) {
    const what = config.form === 'lab' && config.head === 'classes' ? 'classifier' : kind
    throw new LabFailure(
      'stage-wrong-model',
      `Expected a model of the lab of the kind ${kinds.join(' or ')} for the stage ${stage} but ${name} is of the kind ${what}. Choose another model.`,
      { stage, model: name, expected: kinds.join(', '), received: what }
    )
  }
  chatIds(tokenizer)
  return { name, config: config.gpt, parameters, tokenizer, record: { id, name, sha256: key } }
}

/**
 * The model that a run was started from, unchanged.
 * @throws LabFailure `model-changed`, and those of `startingModel`
 */
export async function sameModel(
  models: Models,
  stage: Exclude<Stage, 'pretrain'>,
  run: string,
  known: NonNullable<RunRecord['from']>
): Promise<StageModel> {
  const model = await startingModel(models, stage, known.id)
  assertUnchanged(run, known, model)
  return model
}

/** @throws LabFailure `model-changed` */
export function assertUnchanged(run: string, known: NonNullable<RunRecord['from']>, { record }: StageModel): void {
  if (record.sha256 !== known.sha256)
    throw new LabFailure(
      'model-changed',
      `The model ${known.name} is no longer the one that the run ${run} was started from. Bring that model back, or start a new run.`,
      { run, model: known.name }
    )
}
