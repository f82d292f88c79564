/** One model in a thread of its own, since ONNX Runtime computes on the thread that calls it. */
import { parentPort } from 'node:worker_threads'
import { LabFailure, failureOf, assertNever } from '../contract/failure.ts'
import type { ProviderName, ProviderRefusal } from '../contract/models.ts'
import { decodeStreams, type DecodedToken } from '../sampling/decode-streams.ts'
import { openGraph } from './exported-model.ts'
import { openFolder } from './folder-model.ts'
import { providerOrder } from './provider-order.ts'
import { openOnBest, sessionFailure, type OpenedOnProvider } from './providers.ts'
import type { FromWorker, SessionOpened, SessionRequest, ToWorker } from './session-messages.ts'
import { checkTokens } from './token-check.ts'

if (!parentPort) throw new Error('session-worker.ts runs in a worker thread only.')
const port = parentPort
const say = (message: FromWorker) => port.postMessage(message)

let opened: OpenedOnProvider | undefined
const cancels = new Map<number, AbortController>()
/** Calls that use the model. */
const running = new Set<Promise<unknown>>()

/** Models this small lose more by waking a second thread than it computes. */
const isSmall = ({ layers, channels }: SessionRequest['sizes']) => layers <= 4 && channels <= 128

/** A screen shows no more than one group in this time, milliseconds; each group wakes the main thread. */
const groupTime = 16

/** Passes tokens on in groups: the first at once, then as often as a screen is drawn. */
function inGroups(pass: (tokens: readonly DecodedToken[]) => void) {
  let group: DecodedToken[] = []
  let passed = -Infinity
  const flush = (): void => {
    if (group.length > 0) pass(group)
    group = []
    passed = performance.now()
  }
  const report = (tokens: readonly DecodedToken[]): void => {
    group.push(...tokens)
    if (performance.now() - passed >= groupTime) flush()
  }
  return { report, flush }
}

async function open({ source, sizes, provider, threads: most }: SessionRequest): Promise<SessionOpened> {
  const threads = isSmall(sizes) ? 1 : most
  // Models of other makers begin with an empty past, on which the runtime's WebGPU crashes the whole process.
  const unfit = (name: ProviderName) => source.kind === 'folder' && name === 'webgpu'
  const order = providerOrder(provider)
  const unsupported = order.filter(unfit).map((name): ProviderRefusal => {
    return { provider: name, why: 'not-supported', detail: 'onnxruntime-node’s WebGPU takes no empty tensors' }
  })
  const found = await openOnBest(
    order.filter(name => !unfit(name)),
    provider,
    threads,
    file => (source.kind === 'graph' ? openGraph(source, file) : openFolder(source, file))
  )
  opened = found.opened
  const { model, operations, millisecondsPerToken } = opened
  const { weights, attention, context, vocabulary } = model
  return {
    description: {
      provider: opened.provider,
      requested: provider,
      refused: [...unsupported, ...found.refused],
      operations,
      weights,
      attention,
      threads,
      millisecondsPerToken
    },
    context,
    vocabulary,
    inspectable: model.inspect !== undefined
  }
}

async function answer(message: Exclude<ToWorker, { kind: 'cancel' }>) {
  if (message.kind === 'open') return open(message.input)
  if (message.kind === 'export') {
    const { writeExported } = await import('./exported-file.ts')
    await writeExported(message.input)
    return null
  }
  if (!opened) throw new LabFailure('session-closed', 'This model has been closed. Open it again.')
  const { model } = opened
  switch (message.kind) {
    case 'inspect':
      checkTokens(message.input, model)
      return model.inspect!(message.input)
    case 'next': {
      checkTokens(message.input, model)
      const [logits] = await model.streams().feed([{ stream: 0, tokens: message.input }])
      return logits!.slice()
    }
    case 'decode': {
      for (const prompt of message.input.prompts) checkTokens(prompt, model)
      const cancel = new AbortController()
      cancels.set(message.id, cancel)
      const { report, flush } = inGroups(tokens => say({ kind: 'tokens', id: message.id, tokens }))
      const streams = await decodeStreams(model.streams(), message.input, report, cancel.signal).finally(() =>
        cancels.delete(message.id)
      )
      flush()
      return streams
    }
    case 'close':
      for (const cancel of cancels.values()) cancel.abort()
      await Promise.allSettled(running)
      await opened.release()
      opened = undefined
      return null
    default:
      return assertNever(message)
  }
}

port.on('message', (message: ToWorker) => {
  if (message.kind === 'cancel') return cancels.get(message.id)?.abort()
  const { id, kind } = message
  const answered = answer(message)
  if (kind !== 'close') running.add(answered)
  answered
    .then(
      (value): FromWorker => ({ kind: 'result', id, result: { ok: true, value } }),
      (error: unknown): FromWorker => {
        const failure = failureOf(error instanceof LabFailure ? error : sessionFailure(error))
        return { kind: 'result', id, result: { ok: false, failure } }
      }
    )
    .then(say)
    .finally(() => (kind === 'close' ? port.close() : running.delete(answered)))
})
