/** `gptlab bench`: measurements of this machine, each a module of `bench/`. */
import type { BenchOptions, Measure } from './bench/measured.ts'
import { print, printJson } from './command.ts'
import { StatusLine } from './terminal.ts'

const benchmarks = {
  train: async (): Promise<Measure> => (await import('./bench/train.ts')).measureTraining,
  decode: async (): Promise<Measure> => (await import('./bench/decode.ts')).measureDecoding,
  ppo: async (): Promise<Measure> => (await import('./bench/ppo.ts')).measurePpo,
  startup: async (): Promise<Measure> => (await import('./bench/startup.ts')).measureStartup
}

/**
 * Prints the figures, as a table for people. A check of the benchmark that fails sets the exit code to 1:
 * a figure of wrong results is none.
 */
export async function bench(what: keyof typeof benchmarks, options: BenchOptions): Promise<void> {
  const status = new StatusLine()
  const measure = await benchmarks[what]()
  const { ok, result, text } = await measure(options, note => status.show(note))
  status.clear()
  if (options.json) printJson({ kind: what, ok, ...result })
  else print(text)
  if (!ok) process.exitCode = 1
}
