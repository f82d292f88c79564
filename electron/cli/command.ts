/** What every command shares: the lab it opens, how it prints, how it fails. */
import type { CallInput, CallOutputs, Method, ProgressOf } from '../contract/calls.ts'
import { failureOf } from '../contract/failure.ts'
import type { HostPort, LabService } from '../contract/handlers.ts'
import { checkedInput } from '../contract/rpc/server.ts'
import type { Lab } from '../lab/lab.ts'
import { errorStyle } from './terminal.ts'

/** Options that every command has. */
export interface CommonOptions {
  readonly json?: boolean
}

/** Exit code of a command that a signal ended: 128 + SIGINT. */
export const interruptedExit = 130

/** A terminal has no dialogs and no file manager. */
const host: HostPort = { host: 'cli', chooseFolder: async () => undefined, reveal: async () => false }

/** Opens the lab in its home for the time of one command. */
export async function withLab<T>(options: { readonly threads?: number }, work: (lab: Lab) => Promise<T>): Promise<T> {
  const { openLab } = await import('../lab/lab.ts')
  const lab = await openLab({ host, threads: options.threads })
  try {
    return await work(lab)
  } finally {
    await lab.close()
  }
}

/**
 * Calls the lab through its contract, as the page does.
 * @throws LabFailure `invalid-input`, and those of the call
 */
export async function call<M extends Method>(
  lab: LabService,
  method: M,
  input: CallInput<M>,
  {
    signal = new AbortController().signal,
    progress = () => {}
  }: { signal?: AbortSignal; progress?: (value: ProgressOf<M>) => void } = {}
): Promise<CallOutputs[M]> {
  return await lab.handlers[method](checkedInput(method, input) as CallInput<M>, { signal, progress })
}

/** A value as one line of JSON; typed arrays become plain ones, numbers that JSON cannot say become null. */
export function jsonLine(value: unknown): string {
  return `${JSON.stringify(value, (_, field: unknown) => (ArrayBuffer.isView(field) ? Array.from(field as Float64Array) : field))}\n`
}

export function printJson(value: unknown): void {
  process.stdout.write(jsonLine(value))
}

export function print(line = ''): void {
  process.stdout.write(`${line}\n`)
}

/** Says what went wrong on standard error, as JSON with `--json`, and sets the exit code. */
export function reportFailure(error: unknown, json: boolean, exitCode = 1): void {
  const failure = failureOf(error)
  process.stderr.write(json ? jsonLine({ kind: 'failure', ...failure }) : `${errorStyle.bad('gptlab:')} ${failure.message}\n`)
  if (failure.code === 'internal' && error instanceof Error && process.env['GPTLAB_DEBUG'])
    process.stderr.write(`${error.stack}\n`)
  process.exitCode = exitCode
}

/** Wraps the action of every command: a failure is reported and the exit code is then 1, or 130 when it was cancelled. */
export function action<Arguments extends unknown[]>(
  work: (...words: Arguments) => Promise<void>
): (...words: Arguments) => Promise<void> {
  return async (...words) => {
    try {
      await work(...words)
    } catch (error) {
      const json = words.some(word => typeof word === 'object' && word !== null && (word as CommonOptions).json === true)
      const cancelled = failureOf(error).code === 'cancelled'
      // Whoever pressed Ctrl-C knows it.
      if (cancelled && !json) process.exitCode = interruptedExit
      else reportFailure(error, json, cancelled ? interruptedExit : 1)
    }
  }
}
