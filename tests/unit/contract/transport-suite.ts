/** What every transport of the contract must do: one suite, run on each. */
import { describe, expect, it } from 'vitest'
import type { LabBridge } from '../../../electron/contract/bridge.ts'
import type { SmallLab } from './small-lab.ts'
import { neutralSampling } from '../../../electron/contract/probe.ts'

export interface Transport {
  readonly lab: SmallLab
  readonly bridge: LabBridge
  close(): Promise<void> | void
}

const generate = (maxTokens: number) => ({ model: 'm', text: 'a', settings: neutralSampling, seed: 1, maxTokens })

/** Waits until something is so; it is asked again whenever the event loop turns. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(resolve => setTimeout(resolve, 1))
}

export function transportSuite(name: string, open: () => Promise<Transport> | Transport) {
  const on = async (use: (transport: Transport) => Promise<void>) => {
    const transport = await open()
    try {
      await use(transport)
    } finally {
      await transport.close()
    }
  }

  describe(name, () => {
    it('answers a call without an input', () =>
      on(async ({ bridge }) =>
        expect(await bridge.call('settings.get', undefined).result).toMatchObject({ ok: true, value: { language: 'en' } })
      ))

    it('carries typed arrays in, a view of a larger buffer by its own bytes only', () =>
      on(async ({ bridge }) => {
        const bytes = new Uint8Array(5000).fill(255).subarray(1, 4)
        bytes.set([1, 2, 3])
        expect(await bridge.call('corpora.add', { name: 'a text', bytes }).result).toMatchObject({
          ok: true,
          value: { bytes: 3, excerpt: '6' }
        })
        expect(await bridge.call('corpora.add', { name: 'pooled', bytes: Buffer.from('AB') }).result).toMatchObject({
          ok: true,
          value: { bytes: 2, excerpt: '131' }
        })
      }))

    it('carries typed arrays out, with what JSON cannot write', () =>
      on(async ({ bridge }) => {
        const { result } = bridge.call('runs.history', { run: 'r' })
        const outcome = await result
        if (!outcome.ok) throw new Error(outcome.failure.message)
        const { steps, trainLoss, learningRate, samples } = outcome.value
        expect([...steps]).toEqual([0, 0.1, Number.NaN])
        expect(steps.buffer.byteLength).toBe(24)
        expect([...trainLoss]).toEqual([-0, Infinity, 1e-300])
        expect(learningRate).toBeInstanceOf(Float64Array)
        expect(samples[0]!.text).toBe('Shall I compare thee\u2028七言 🎭')
      }))

    it('gives failures as data: designed ones whole, others as internal', () =>
      on(async ({ bridge }) => {
        expect(await bridge.call('runs.history', { run: 'none' }).result).toEqual({
          ok: false,
          failure: { code: 'run-unknown', message: 'Expected the id of a run but received none.', details: { run: 'none' } }
        })
        expect(await bridge.call('runs.history', { run: 'broken' }).result).toMatchObject({
          ok: false,
          failure: { code: 'internal', details: { text: 'nobody designed this' } }
        })
      }))

    it('refuses inputs that their guard refuses, and calls that do not exist, before any handler', () =>
      on(async ({ bridge, lab }) => {
        expect(await bridge.call('runs.history', { run: 7 } as never).result).toMatchObject({
          ok: false,
          failure: { code: 'invalid-input', details: { place: 'runs.history.run', expected: 'string', received: '7' } }
        })
        expect(await bridge.call('runs.history', { run: 'r', more: 1 } as never).result).toMatchObject({
          ok: false,
          failure: { code: 'invalid-input' }
        })
        expect(await bridge.call('corpora.add', { name: 'x', bytes: [1, 2] } as never).result).toMatchObject({
          ok: false,
          failure: { code: 'invalid-input' }
        })
        for (const method of ['runs.nothing', '__proto__', 'constructor', 'toString'])
          expect(await bridge.call(method as never, undefined as never).result).toMatchObject({
            ok: false,
            failure: { code: 'unknown-call' }
          })
        expect(lab.answered).toEqual([])
      }))

    it('refuses to send what is neither JSON nor a typed array', () =>
      on(async ({ bridge, lab }) => {
        for (const value of [new Map(), new Date(), () => 1, 1n, Symbol('s'), new DataView(new ArrayBuffer(1)), [undefined]])
          expect(await bridge.call('corpora.add', { name: 'x', bytes: value } as never).result).toMatchObject({
            ok: false,
            failure: { code: 'not-plain-data' }
          })
        expect(lab.answered).toEqual([])
      }))

    it('tells progress in order before the result', () =>
      on(async ({ bridge }) => {
        const seen: number[] = []
        const outcome = await bridge.call('generate', generate(5), ({ token }) => seen.push(token.id)).result
        expect(outcome.ok).toBe(true)
        expect(seen).toEqual([0, 1, 2, 3, 4])
      }))

    it('cancels one call and leaves another alone', () =>
      on(async ({ bridge, lab }) => {
        let heard = 0
        const endless = bridge.call('generate', generate(4096), () => heard++)
        const other = bridge.call('generate', generate(40))
        await until(() => heard > 3)
        endless.cancel()
        endless.cancel()
        expect(await endless.result).toMatchObject({ ok: false, failure: { code: 'cancelled' } })
        expect((await other.result).ok).toBe(true)
        endless.cancel()
        expect(lab.aborted).toEqual(['generate'])
      }))

    it('pushes events to every listener until it is released', () =>
      on(async ({ bridge }) => {
        const first: string[] = []
        const second: string[] = []
        const release = bridge.on('settings', ({ language }) => first.push(language))
        bridge.on('settings', ({ language }) => second.push(language))
        await bridge.call('settings.set', { language: 'zh-CN' }).result
        release()
        await bridge.call('settings.set', { language: 'en' }).result
        expect(first).toEqual(['zh-CN'])
        expect(second).toEqual(['zh-CN', 'en'])
      }))

    it('keeps many calls apart', () =>
      on(async ({ bridge }) => {
        const calls = Array.from({ length: 100 }, (_, index) => bridge.call('runs.history', { run: `run ${index}` }).result)
        const outcomes = await Promise.all(calls)
        expect(outcomes.map(outcome => outcome.ok && outcome.value.run)).toEqual(
          Array.from({ length: 100 }, (_, index) => `run ${index}`)
        )
      }))

    it('refuses more open calls than a page can mean', () =>
      on(async ({ bridge }) => {
        const calls = Array.from({ length: 257 }, () => bridge.call('generate', generate(4096)))
        expect(await calls[256]!.result).toMatchObject({ ok: false, failure: { code: 'too-many-calls' } })
        for (const call of calls) call.cancel()
        for (const call of calls.slice(0, 256))
          expect(await call.result).toMatchObject({ ok: false, failure: { code: 'cancelled' } })
      }))
  })
}
