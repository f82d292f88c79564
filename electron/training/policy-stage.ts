/** PPO and GRPO in the run loop: a step is an iteration. */
import type { RunProgress } from '../contract/training.ts'
import { answerSample } from './chat-sample.ts'
import { compilePolicyPlans, policyGraphs, policyShape, rolloutSettings, type PolicyStart } from './policy-plans.ts'
import { PolicyTraining, type Iteration, type PolicyMemory } from './policy-training.ts'
import type { Compile } from './prepared-run.ts'
import type { RunFolder } from './run-folder.ts'
import type { TrainedModel, TrainingStage } from './run-loop.ts'
import { snapshotFolder, writeSnapshot } from './snapshots.ts'

/** @throws LabFailure of `policyShape` */
export function policyStage(start: PolicyStart, compile: Compile, folder: Pick<RunFolder, 'path'>): TrainingStage {
  const { recipe, tokenizer } = start
  const shape = policyShape(start)
  const graphs = policyGraphs(start)
  const plans = compilePolicyPlans(start, shape, compile)
  const training = new PolicyTraining(start, shape, plans)
  const settings = rolloutSettings(recipe)
  const shapes = new Map(graphs.policy.parameters.map(parameter => [parameter.name, parameter.shape]))
  const { value, documents } = plans
  const models: Record<string, TrainedModel> & { model: TrainedModel } = {
    model: { plan: plans.policy, graph: graphs.policy },
    ...(value && { value: { plan: value, graph: graphs.value } }),
    ...(training.rewardLearns && { reward: { plan: plans.reward, graph: graphs.reward } }),
    ...(documents && { documents: { plan: documents, graph: graphs.documents } })
  }

  const keep = async (step: number): Promise<void> => {
    if (step % settings.keepEvery !== 0 && step !== recipe.steps) return
    const now = await plans.policy.readParameters()
    await writeSnapshot(snapshotFolder(folder.path), step, { start: start.policy, now, shapes })
  }

  /** What the log says of an iteration besides its loss. */
  const linesOf = async (step: number, { metrics }: Iteration): Promise<RunProgress[]> => {
    const lines: RunProgress[] = [{ kind: 'metrics', step, values: metrics }]
    if (step % recipe.samples.every === 0 || step === recipe.steps)
      lines.push({ kind: 'rollouts', step, items: await training.shown() })
    return lines
  }

  return {
    models,
    async initialise() {
      await training.begin()
      await keep(0)
    },
    async train({ step, count, random }) {
      const since = performance.now()
      const iterations: Iteration[] = []
      const lines: RunProgress[] = []
      let enough = false
      while (iterations.length < count && !enough) {
        const done = await training.iterate(step + iterations.length, random)
        iterations.push(done)
        const now = step + iterations.length
        lines.push(...(await linesOf(now, done)))
        await keep(now)
        enough = done.metrics['objective/kl']! >= (settings.stopDivergence ?? Infinity)
      }
      return {
        losses: iterations.map(({ loss }) => loss),
        gradientNorms: iterations.map(({ gradientNorm }) => gradientNorm),
        learningRates: iterations.map(({ learningRate }) => learningRate),
        tokens: iterations.reduce((sum, { tokens }) => sum + tokens, 0),
        seconds: (performance.now() - since) / 1000,
        lines,
        enough
      }
    },
    sample: step => answerSample(plans.policy, recipe, tokenizer, step),
    memory: () => training.memory(),
    restore: memory => training.restore(memory as PolicyMemory)
  }
}
