/** The one RPC over a message port's kind of channel: frames cross as structured clones. */
import { expect, it } from 'vitest'
import { channelPair } from '../../../electron/contract/rpc/channel.ts'
import { labBridge } from '../../../electron/contract/rpc/client.ts'
import { serveCalls } from '../../../electron/contract/rpc/server.ts'
import { smallLab } from './small-lab.ts'
import { transportSuite, until } from './transport-suite.ts'

const open = () => {
  const lab = smallLab()
  const [page, host] = channelPair()
  const close = serveCalls(lab, host)
  return { lab, bridge: labBridge('electron', page), page, close }
}

transportSuite('the RPC over structured clones', open)

it('ignores frames that are no frames, whatever they are', async () => {
  const { lab, bridge, page, close } = open()
  for (const frame of [
    null,
    7,
    'req',
    [],
    {},
    { kind: 'req' },
    { kind: 'req', id: -1, method: 'settings.get' },
    { kind: 'req', id: 1.5, method: 'settings.get' },
    { kind: 'result', id: 1 },
    { kind: 'cancel', id: 99 }
  ])
    page.post(frame)
  expect((await bridge.call('settings.get', undefined).result).ok).toBe(true)
  expect(lab.answered).toEqual(['settings.get'])
  close()
})

it('refuses a number that is still open', async () => {
  const { lab, page, close } = open()
  const frames: unknown[] = []
  page.onMessage(frame => frames.push(frame))
  const input = {
    model: 'm',
    settings: { repetitionPenalty: 1, noRepeatNgram: 0, temperature: 1, topK: 0, topP: 1, greedy: false },
    seed: 0,
    maxTokens: 4096
  }
  page.post({ kind: 'req', id: 1, method: 'generate', input })
  page.post({ kind: 'req', id: 1, method: 'settings.get' })
  await until(() => frames.some(frame => (frame as { kind: string }).kind === 'error'))
  expect(frames.find(frame => (frame as { kind: string }).kind === 'error')).toMatchObject({
    id: 1,
    failure: { code: 'call-repeated' }
  })
  expect(lab.answered).toEqual(['generate'])
  close()
})

it('aborts open calls and pushes nothing more when it is closed', async () => {
  const { lab, bridge, close } = open()
  const pushed: unknown[] = []
  bridge.on('go', event => pushed.push(event))
  void bridge.call('generate', {
    model: 'm',
    settings: { repetitionPenalty: 1, noRepeatNgram: 0, temperature: 1, topK: 0, topP: 1, greedy: false },
    seed: 0,
    maxTokens: 4096
  })
  await until(() => lab.answered.length > 0)
  close()
  lab.emit('go', { room: 'probe' })
  await until(() => lab.aborted.length > 0)
  expect(pushed).toEqual([])
})
