/**
 * The page's bridge in a browser: `window.lab` over a WebSocket that connects again by itself.
 * Built as a script of its own, which the browser host puts before every other script of the page.
 */
import type { LabBridge } from '../contract/bridge.ts'
import { LabFailure, failureOf } from '../contract/failure.ts'
import { labBridge } from '../contract/rpc/client.ts'
import { socketToLab } from './page-socket.ts'

const bridge = labBridge('browser', socketToLab(`ws://${location.host}/lab`))

/** Refuses what Electron's context bridge would refuse (a reactive proxy, say), so that both hosts take the same. */
const call: LabBridge['call'] = (method, input, onProgress) => {
  try {
    structuredClone(input)
  } catch (error) {
    const failure = failureOf(
      new LabFailure('not-plain-data', `Expected plain data for ${method}: ${(error as Error).message}`, {
        place: method,
        received: 'proxy'
      })
    )
    return { result: Promise.resolve({ ok: false, failure }), cancel: () => {} }
  }
  return bridge.call(method, input, onProgress)
}

Object.defineProperty(window, 'lab', { value: Object.freeze({ ...bridge, call }), enumerable: true })
