/** A plan whose calls wait for their turn at the processor, which several runs and sessions share. */
import type { Plan } from './plan.ts'

/** @param turn does work when its turn has come */
export function inTurns(plan: Plan, turn: <T>(work: () => Promise<T>) => Promise<T>): Plan {
  return {
    threads: plan.threads,
    simd: plan.simd,
    bytes: plan.bytes,
    train: (...call) => turn(() => plan.train(...call)),
    evaluate: (...call) => turn(() => plan.evaluate(...call)),
    outputs: (...call) => turn(() => plan.outputs(...call)),
    logits: (...call) => turn(() => plan.logits(...call)),
    gradients: (...call) => turn(() => plan.gradients(...call)),
    generate: (...call) => turn(() => plan.generate(...call)),
    decode: (...call) => turn(() => plan.decode(...call)),
    readParameters: () => turn(() => plan.readParameters()),
    writeParameters: values => turn(() => plan.writeParameters(values)),
    readState: () => turn(() => plan.readState()),
    writeState: state => turn(() => plan.writeState(state)),
    close: () => plan.close()
  }
}
