/**
 * Which execution provider runs a model: each is tried alone, in order, since ONNX Runtime throws for one
 * that cannot be loaded even when others are listed beside it, and silently leaves out one it does not carry.
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { env, InferenceSession, listSupportedBackends } from 'onnxruntime-node'
import { LabFailure, failureOf } from '../contract/failure.ts'
import type { ProviderName, ProviderRefusal, SessionDescription } from '../contract/models.ts'
import type { OnnxProvider } from './provider-order.ts'
import type { OpenedModel, OpenFile } from './opened-model.ts'
import { measureToken } from './token-time.ts'

// What a provider says when it cannot be loaded is in the session's description, not on the terminal.
env.logLevel = 'fatal'

/** The runtime's names of what ran an operation. */
const providerNames: Readonly<Record<string, ProviderName>> = {
  CPUExecutionProvider: 'cpu',
  CUDAExecutionProvider: 'cuda',
  DmlExecutionProvider: 'dml',
  CoreMLExecutionProvider: 'coreml',
  WebGpuExecutionProvider: 'webgpu'
}

/** The runtime's words where libraries or a device are not on the machine: no fault of the model's. */
const absent = /failed to load (shared )?library|failed to get a webgpu adapter/i

/** A model on the provider that runs it. */
export interface OpenedOnProvider {
  readonly model: OpenedModel
  readonly provider: OnnxProvider
  readonly operations: SessionDescription['operations']
  readonly millisecondsPerToken: number
  release(): Promise<void>
}

/**
 * Opens a model on the first provider that takes it. With `auto`, one that is slower than the CPU is refused:
 * small models are, where keys and values travel to a device and back.
 * @param order providers to try
 * @throws LabFailure `session-failed` when not even the last takes it
 */
export async function openOnBest(
  order: readonly OnnxProvider[],
  requested: OnnxProvider | 'auto',
  threads: number,
  openModel: (open: OpenFile) => Promise<OpenedModel>
): Promise<{ readonly opened: OpenedOnProvider; readonly refused: readonly ProviderRefusal[] }> {
  const refused: ProviderRefusal[] = []
  let failure: unknown
  let best: OpenedOnProvider | undefined
  for (const provider of order) {
    if (best && (requested !== 'auto' || provider !== 'cpu')) break
    const found = await tryProvider(provider, threads, openModel).catch((error: unknown) => {
      failure = error
      const detail = error instanceof Error ? error.message : String(error)
      return refusal(provider, absent.test(detail) ? 'not-on-machine' : 'failed', detail)
    })
    if ('why' in found) {
      refused.push(found)
      continue
    }
    const slower = best && best.millisecondsPerToken > found.millisecondsPerToken ? best : found
    if (best) {
      await slower.release()
      if (slower === best)
        refused.push(refusal(best.provider, 'slower', `${text(best)} for a token; ${provider} needs ${text(found)}`))
    }
    best = slower === best ? found : (best ?? found)
  }
  if (best) return { opened: best, refused }
  throw failure instanceof LabFailure ? failure : sessionFailure(failure)
}

const text = ({ millisecondsPerToken }: OpenedOnProvider) => `${millisecondsPerToken.toPrecision(3)} ms`

/** An error of the runtime as a failure with its own words. */
export function sessionFailure(error: unknown): LabFailure {
  const { message, code } = failureOf(error)
  const reason = firstLine(code === 'internal' && error instanceof Error ? error.message : message)
  return new LabFailure('session-failed', `ONNX Runtime could not run the model: ${reason}`, { reason })
}

const firstLine = (words: string): string => words.split('\n', 1)[0]!.slice(0, 500)

function refusal(provider: ProviderName, why: ProviderRefusal['why'], detail: string): ProviderRefusal {
  return { provider, why, detail: firstLine(detail) }
}

async function tryProvider(
  provider: OnnxProvider,
  threads: number,
  openModel: (open: OpenFile) => Promise<OpenedModel>
): Promise<OpenedOnProvider | ProviderRefusal> {
  if (!listSupportedBackends().some(({ name }) => name === provider))
    return refusal(provider, 'not-in-package', `onnxruntime-node for ${process.platform} ${process.arch} has no ${provider}`)
  const sessions: InferenceSession[] = []
  const release = async () => {
    await Promise.all(sessions.map(session => session.release()))
  }
  const profiles = await mkdtemp(join(tmpdir(), 'gptlab-profile-'))
  try {
    let profiling = true
    const model = await openModel(async path => {
      const session = await InferenceSession.create(path, {
        executionProviders: [provider],
        intraOpNumThreads: threads,
        executionMode: 'sequential',
        graphOptimizationLevel: 'all',
        // DirectML cannot reuse memory by pattern.
        enableMemPattern: provider !== 'dml',
        ...(profiling && { enableProfiling: true, profileFilePrefix: join(profiles, 'run') })
      })
      sessions.push(session)
      return session
    })
    await model.streams().feed([{ stream: 0, tokens: Int32Array.of(0) }])
    for (const session of sessions) session.endProfiling()
    profiling = false
    const operations = await countOperations(profiles)
    if ((operations[provider] ?? 0) === 0) {
      await release()
      return refusal(provider, 'idle', `${provider} took the model, but ran no operation of it`)
    }
    return { model, provider, operations, millisecondsPerToken: await measureToken(model.streams()), release }
  } catch (error) {
    await release()
    throw error
  } finally {
    await rm(profiles, { recursive: true, force: true })
  }
}

/** Operations by provider, from all profiles in a folder. */
export async function countOperations(folder: string): Promise<Record<string, number>> {
  const operations: Record<string, number> = {}
  for (const file of await readdir(folder)) {
    const events = JSON.parse(await readFile(join(folder, file), 'utf8')) as { args?: { provider?: string } }[]
    for (const { args } of events) {
      if (!args?.provider) continue
      const name = providerNames[args.provider] ?? args.provider
      operations[name] = (operations[name] ?? 0) + 1
    }
  }
  return operations
}
