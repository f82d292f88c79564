import { describe, expect, it } from 'vitest'
import * as v from 'valibot'
import { neutralSampling, SamplingSettingsSchema } from '../../../../../electron/contract/probe.ts'
import { drawSeed, readSetting, settingScales, tidy, writeSetting } from '../../../../../renderer/rooms/probe/setting-scales.ts'

const scales = settingScales(1024)

describe('the sliders of the sampling stages', () => {
  it('offer only what the contract accepts, at both ends and between', () => {
    for (const scale of scales)
      for (let position = 0; position <= 1000; position += 10) {
        const value = tidy(scale.fromSlider(position))
        expect(v.is(SamplingSettingsSchema, { ...neutralSampling, [scale.key]: value }), `${scale.key} ${value}`).toBe(true)
      }
  })

  it('come back to the value that they show', () => {
    for (const scale of scales)
      for (let position = 0; position <= 1000; position += 7) {
        const value = tidy(scale.fromSlider(position))
        expect(tidy(scale.fromSlider(scale.toSlider(value))), `${scale.key} ${value}`).toBe(value)
      }
  })

  it('reach the value that switches the stage off', () => {
    for (const scale of scales) expect(tidy(scale.fromSlider(scale.toSlider(scale.off))), scale.key).toBe(scale.off)
  })

  it('never fall while the slider rises; top-k ends at off, where nothing is cut', () => {
    for (const scale of scales) {
      const values = Array.from({ length: 1000 }, (_, i) => tidy(scale.fromSlider(i)))
      expect([...values].sort((a, b) => a - b)).toEqual(values)
    }
    const topK = scales.find(({ key }) => key === 'topK')!
    expect(topK.fromSlider(0)).toBe(1)
    expect(topK.fromSlider(999)).toBeGreaterThan(900)
    expect(topK.fromSlider(1000)).toBe(0)
  })
})

describe('typed settings', () => {
  const [penalty, ngram] = scales
  it('are brought into the range; a comma counts as a point; anything else is refused', () => {
    expect(readSetting('1,25', penalty!)).toBe(1.25)
    expect(readSetting('99', penalty!)).toBe(10)
    expect(readSetting('2.6', ngram!)).toBe(3)
    for (const text of ['', ' ', 'x', '1.2.3', 'NaN']) expect(readSetting(text, penalty!), text).toBeNull()
  })
  it('are written with as many digits as they have', () => {
    expect(writeSetting(1.2, 2)).toBe('1.20')
    expect(writeSetting(0.1234, 2)).toBe('0.1234')
    expect(writeSetting(3, 0)).toBe('3')
  })
})

describe('the seed of a draw', () => {
  it('is the same for the same text, seed and count, another for the next, and fits the contract', () => {
    expect(drawSeed(1337, 35, 0)).toBe(drawSeed(1337, 35, 0))
    expect(new Set([0, 1, 2, 3].map(count => drawSeed(1337, 35, count))).size).toBe(4)
    expect(drawSeed(1337, 35, 0)).not.toBe(drawSeed(1337, 36, 0))
    for (const seed of [0, 2 ** 32 - 1]) {
      const drawn = drawSeed(seed, 100_000, 7)
      expect(Number.isInteger(drawn) && drawn >= 0 && drawn < 2 ** 32).toBe(true)
    }
  })
})
