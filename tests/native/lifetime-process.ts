/** What a process does with plans and calls under way; lifetime.test.ts starts it and looks at how it ends. */
import { setTimeout as pause } from 'node:timers/promises'
import { loadEngine } from '../../electron/engine/engine.ts'
import type { Plan } from '../../electron/engine/plan.ts'
import { gptGraph } from '../../electron/graph/gpt.ts'
import { initialise } from '../../electron/graph/initialisation.ts'

const graph = gptGraph({ layers: 2, heads: 2, channels: 32, context: 32, vocabulary: 20, bias: true, tied: true, dropout: 0.1 })
const shape = { batch: 8, length: 32 }

async function openPlan(threads = 3): Promise<Plan> {
  const plan = loadEngine().compile(graph, { ...shape, threads, streams: 4 })
  await plan.writeParameters(initialise(graph, 1))
  return plan
}

/** Enough steps that the call is still under way when something happens to it. */
function train(plan: Plan, steps: number) {
  const count = steps * shape.batch * shape.length
  const values = () => new Int32Array(count).map((_, i) => i % 20)
  return plan.train({ tokens: values(), targets: values() }, new Float64Array(steps).fill(1e-3))
}

const collect = (globalThis as { gc?: () => void }).gc ?? (() => {})

export const scenarios = {
  async 'exit while calls run'() {
    const plans = await Promise.all([1, 2, 3].map(openPlan))
    for (const plan of plans) for (let call = 0; call < 4; call++) void train(plan, 2000)
    await pause(50)
    process.exit(7)
  },

  async 'an error that nobody catches while calls run'() {
    const plan = await openPlan()
    void train(plan, 2000)
    await pause(50)
    setImmediate(() => {
      throw new Error('meant')
    })
    await pause(10_000)
  },

  async 'the last lines are over while calls run'() {
    const plan = await openPlan()
    void train(plan, 20).then(({ losses }) => console.log(`${losses.length} steps`))
    void plan
      .generate({ prompts: [Int32Array.of(1)], maxTokens: 5, temperature: 1, seed: 1 })
      .then(({ tokens }) => console.log(`${tokens[0]!.length} tokens`))
  },

  async 'plans are forgotten, open and in use'() {
    let settled = 0
    for (let round = 0; round < 40; round++) {
      const plan = await openPlan(1 + (round % 3))
      if (round % 2 === 0) void train(plan, 2).then(() => settled++)
      collect()
    }
    for (let i = 0; i < 100 && settled < 20; i++) {
      collect()
      await pause(20)
    }
    console.log(`${settled} settled`)
  },

  async 'plans are closed in the middle of calls'() {
    let settled = 0
    for (let round = 0; round < 20; round++) {
      const plan = await openPlan(1 + (round % 3))
      void train(plan, 3).then(() => settled++)
      await plan.close()
      await train(plan, 1).catch((error: { code: string }) => (settled += error.code === 'engine-closed' ? 1 : 0))
      collect()
    }
    console.log(`${settled} settled`)
  },

  /** Runs in a thread of Node's that is taken down. */
  async 'train for long'() {
    const plan = await openPlan()
    for (let call = 0; call < 3; call++) void train(plan, 4000)
  }
}

export type Scenario = keyof typeof scenarios
