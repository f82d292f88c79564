/** A process that trains a small policy to its end; the kill test starts it, kills it and starts it again. */
import { createHash } from 'node:crypto'
import { loadEngine } from '../../../electron/engine/engine.ts'
import type { Plan } from '../../../electron/engine/plan.ts'
import { policyStage } from '../../../electron/training/policy-stage.ts'
import { RunControl } from '../../../electron/training/run-control.ts'
import { runFolder } from '../../../electron/training/run-folder.ts'
import { runLoop } from '../../../electron/training/run-loop.ts'
import { smallGrpo, smallPpo, smallStart } from './small-policy.ts'

/** Prints the state and the hash of the final weights. */
export async function trainPolicyToTheEnd(path: string, stage: 'ppo' | 'grpo', threads: number): Promise<void> {
  const folder = runFolder(path)
  const recipe = stage === 'ppo' ? smallPpo : smallGrpo
  const plans: Plan[] = []
  let hash = ''
  const state = await runLoop(
    {
      folder,
      recipe,
      control: new RunControl(),
      resumed: () => {},
      report: () => {},
      deliver: async ({ parameters }) => {
        const sum = createHash('sha256')
        for (const [name, { buffer }] of parameters) sum.update(name).update(new Uint8Array(buffer as ArrayBuffer))
        hash = sum.digest('hex')
        return 'model'
      }
    },
    policyStage(
      await smallStart(recipe),
      (graph, options) => {
        plans.push(loadEngine().compile(graph, { ...options, threads }))
        return plans.at(-1)!
      },
      folder
    )
  )
  for (const plan of plans) await plan.close()
  console.log(JSON.stringify({ state, hash }))
}
