/** A reference file of any kind against the real engine, ONNX Runtime and samplers. */
import type { Engine } from '../../engine/plan.ts'
import { allStates, babyGptParity, readBabyGpt } from './baby-gpt.ts'
import { readFixture, type Fixture } from './fixture.ts'
import { gptParity, readGpt } from './gpt.ts'
import { onnxParity } from './onnx.ts'
import type { Quantity } from './quantity.ts'
import { rlhfParity } from './rlhf.ts'
import { samplingParity } from './sampling.ts'

/** What a comparison needs of the lab. */
export interface ParitySurroundings {
  /** The native trainer; asked for by files that need it only. @throws LabFailure `engine-missing` */
  engine(): Engine
  readonly threads: number
}

/**
 * Compares what is computed here with what stands in a file.
 * @throws LabFailure of `readFixture`, `fixture-incomplete`, `engine-missing`
 */
export async function compareWith(
  path: string,
  { engine, threads }: ParitySurroundings
): Promise<{ readonly kind: Fixture['kind']; readonly quantities: readonly Quantity[] }> {
  const { kind, file } = await readFixture(path)
  switch (kind) {
    case 'sampling':
      return { kind, quantities: samplingParity(file) }
    case 'rlhf':
      return { kind, quantities: await rlhfParity(file, engine(), { threads }) }
    case 'gpt': {
      const { graph, initial, tokens, batch, length } = readGpt(file)
      const subject = { graph, parameters: initial, tokens: tokens.subarray(0, batch * length), length }
      const native = await gptParity(file, engine(), { threads })
      return { kind, quantities: [...native, ...(await onnxParity(subject, engine(), { threads }))] }
    }
    case 'baby-gpt': {
      const { graph, initial } = readBabyGpt(file)
      const { vocabulary, context } = graph
      const subject = { graph, parameters: initial, tokens: allStates(vocabulary, context), length: context }
      const native = await babyGptParity(file, engine(), { threads })
      return { kind, quantities: [...native, ...(await onnxParity(subject, engine(), { threads }))] }
    }
  }
}
