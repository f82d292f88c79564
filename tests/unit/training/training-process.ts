/** A process that trains one run to its end; the kill test starts it, kills it and starts it again. */
import { readFile } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { loadEngine } from '../../../electron/engine/engine.ts'
import { preparePretraining } from '../../../electron/training/preparation.ts'
import { pretraining } from '../../../electron/training/pretrain.ts'
import { ofStage, parseRecipe } from '../../../electron/training/recipe.ts'
import { runLoop } from '../../../electron/training/run-loop.ts'
import { RunControl } from '../../../electron/training/run-control.ts'
import { runFolder } from '../../../electron/training/run-folder.ts'
import type { Parameters } from '../../../electron/graph/parameters.ts'

/** Trains what stands in a folder: `recipe.json` and `text.txt`. Prints the hash of the final weights. */
export async function trainToTheEnd(path: string, threads: number): Promise<void> {
  const folder = runFolder(path)
  const recipe = ofStage(parseRecipe(await readFile(folder.recipe, 'utf8'), 'recipe.json'), 'pretrain')
  const text = await readFile(`${path}/text.txt`, 'utf8')
  const prepared = await preparePretraining(recipe, { title: 'a text', documents: [text] })
  const plan = loadEngine().compile(prepared.graph, { ...prepared.plan, threads })
  let hash = ''
  const state = await runLoop(
    {
      folder,
      recipe,
      control: new RunControl(),
      resumed: () => {},
      report: () => {},
      deliver: async result => {
        hash = hashOf(result.parameters)
        return 'model'
      }
    },
    pretraining({ recipe, plan, ...prepared.run(plan) })
  )
  await plan.close()
  console.log(JSON.stringify({ state, hash }))
}

function hashOf(parameters: Parameters): string {
  const hash = createHash('sha256')
  for (const [name, values] of parameters)
    hash.update(name).update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
  return hash.digest('hex')
}
