// @vitest-environment happy-dom
import { describe, expect, it } from 'vitest'
import type { ModelSummary, SessionDescription } from '../../../../electron/contract/models.ts'
import { modelToShow, withSession } from '../../../../renderer/stores/models.ts'

const model = (id: string, rest: Partial<ModelSummary> = {}): ModelSummary => ({
  id,
  name: id,
  kind: 'base',
  origin: 'trained',
  sizes: { layers: 1, heads: 1, channels: 8, context: 8, vocabulary: 8, parameters: 100 },
  bytes: 400,
  created: '2026-01-01T00:00:00Z',
  writes: true,
  inspectable: true,
  ...rest
})

describe('the model that is looked into', () => {
  const shipped = model('shipped:a', { origin: 'shipped', created: '2026-09-01T00:00:00Z' })
  const old = model('home:old')
  const young = model('home:young', { created: '2026-02-01T00:00:00Z' })

  it('is the one asked for', () => {
    expect(modelToShow([shipped, old, young], 'home:old')?.id).toBe('home:old')
  })
  it('else the newest that was trained, else any', () => {
    expect(modelToShow([shipped, old, young], null)?.id).toBe('home:young')
    expect(modelToShow([shipped, old, young], 'home:gone')?.id).toBe('home:young')
    expect(modelToShow([shipped], null)?.id).toBe('shipped:a')
  })
  it('is never one that is damaged or cannot be looked into', () => {
    const damaged = model('home:bad', { problem: { code: 'model-damaged', message: '', details: {} } })
    const foreign = model('home:foreign', { inspectable: false })
    expect(modelToShow([damaged, foreign], 'home:bad')).toBeNull()
    expect(modelToShow([damaged, foreign, shipped], 'home:foreign')?.id).toBe('shipped:a')
  })
})

describe('sessions', () => {
  const session = (requested: SessionDescription['requested'], provider: SessionDescription['provider']) =>
    ({ requested, provider }) as SessionDescription
  it('are kept by model and by what was asked for, so that measuring another does not replace the one in use', () => {
    let sessions = withSession({}, 'a', session('auto', 'cpu'))
    sessions = withSession(sessions, 'a', session('native', 'native'))
    sessions = withSession(sessions, 'b', session('auto', 'cuda'))
    expect(sessions['a']?.auto?.provider).toBe('cpu')
    expect(sessions['a']?.native?.provider).toBe('native')
    expect(sessions['b']?.auto?.provider).toBe('cuda')
  })
})
