import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { neutralSampling, type SamplingSettings } from '../../../electron/contract/probe.ts'
import { drawIndex, resumedRandom, seededRandom } from '../../../electron/sampling/random.ts'
import { drawToken } from '../../../electron/sampling/sampler.ts'
import { argmax, bannedByNgrams, distributions, finalDistribution } from '../../../electron/sampling/stages.ts'

interface Case {
  logits: number[]
  history: number[]
  settings: { repetition_penalty: number; no_repeat_ngram_size: number; temperature: number; top_k: number; top_p: number }
  stages: Record<string, number[]>
}
const { cases } = JSON.parse(readFileSync('tests/fixtures/sampling-parity.json', 'utf8')) as { cases: Case[] }
const settingsOf = ({ settings: s }: Case): SamplingSettings => ({
  repetitionPenalty: s.repetition_penalty,
  noRepeatNgram: s.no_repeat_ngram_size,
  temperature: s.temperature,
  topK: s.top_k,
  topP: s.top_p,
  greedy: false
})

const logits = fc.array(fc.double({ min: -30, max: 30, noNaN: true }), { minLength: 2, maxLength: 40 })
const settings = fc.record<SamplingSettings>({
  repetitionPenalty: fc.double({ min: 0.5, max: 3, noNaN: true }),
  noRepeatNgram: fc.integer({ min: 0, max: 4 }),
  temperature: fc.double({ min: 0.05, max: 5, noNaN: true }),
  topK: fc.integer({ min: 0, max: 50 }),
  topP: fc.double({ min: 0.01, max: 1, noNaN: true }),
  greedy: fc.boolean()
})
const history = fc.array(fc.integer({ min: 0, max: 39 }), { maxLength: 30 })

describe('sampling stages', () => {
  it.each(cases.map((one, i) => [i, one] as const))('agree with Hugging Face transformers, case %i', (_, one) => {
    for (const { stage, probabilities } of distributions(one.logits, one.history, settingsOf(one))) {
      const expected = one.stages[stage.replaceAll('-', '_')]!
      expect(expected.length).toBe(probabilities.length)
      probabilities.forEach((p, i) => expect(Math.abs(p - expected[i]!), `${stage} ${i}`).toBeLessThan(1e-9))
    }
  })

  it('always leave a distribution', () => {
    fc.assert(
      fc.property(logits, history, settings, (values, past, choice) => {
        const stages = distributions(values, past, choice)
        for (const { probabilities } of stages) expect(probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 9)
        expect(finalDistribution(values, past, choice)).toEqual(stages.at(-1)!.probabilities)
      })
    )
  })

  it('skip an n-gram ban that would leave nothing', () => {
    const stages = distributions([1, 2], [0, 1], { ...neutralSampling, noRepeatNgram: 1 })
    expect(stages.find(stage => stage.stage === 'no-repeat-ngram')).toMatchObject({ active: true, skipped: true })
    expect(stages.at(-1)!.probabilities).toEqual(stages[0]!.probabilities)
  })

  it('ban what would complete an n-gram, against a search by hand', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 12 }), fc.integer({ min: 1, max: 4 }), (past, n) => {
        const ngrams = new Set(
          past
            .map((_, i) => past.slice(i, i + n))
            .filter(gram => gram.length === n)
            .map(String)
        )
        for (let id = 0; id < 4; id++) {
          const completed = [...past, id].slice(-n)
          expect(bannedByNgrams(past, n).has(id)).toBe(completed.length === n && ngrams.has(String(completed)))
        }
      })
    )
  })

  it('keep ties with the k-th token', () => {
    const { probabilities } = distributions([3, 2, 2, 1], [], { ...neutralSampling, topK: 2 }).at(-1)!
    expect([...probabilities].map(p => p > 0)).toEqual([true, true, true, false])
  })
})

describe('draws', () => {
  it('follow the distribution', () => {
    const random = seededRandom(5)
    const counts = [0, 0, 0]
    for (let i = 0; i < 20000; i++) counts[drawIndex(Float64Array.from([0.2, 0, 0.8]), random.uniform())]!++
    expect(counts[1]).toBe(0)
    expect(counts[0]! / 20000).toBeCloseTo(0.2, 1)
  })

  it('are the same for the same seed, and go on where a state was taken', () => {
    const a = seededRandom(9, 2)
    const b = seededRandom(9, 2)
    for (let i = 0; i < 10; i++) expect(a.uniform()).toBe(b.uniform())
    const c = resumedRandom(a.state())
    expect(c.uniform()).toBe(a.uniform())
    expect(seededRandom(9, 3).uniform()).not.toBe(seededRandom(9, 2).uniform())
  })

  it('take the largest when greedy', () => {
    fc.assert(
      fc.property(logits, values => {
        const greedy = { ...neutralSampling, greedy: true }
        expect(drawToken(values, [], greedy, seededRandom(1)).id).toBe(argmax(finalDistribution(values, [], greedy)))
      })
    )
  })

  it('are xoshiro256** seeded by SplitMix64', () => {
    // SplitMix64 from 0 gives e220a8397b1dcdaf first (Vigna's splitmix64.c).
    expect(seededRandom(0).state()[0]).toBe('e220a8397b1dcdaf')
  })
})
