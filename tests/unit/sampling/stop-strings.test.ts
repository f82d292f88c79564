import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StopStrings } from '../../../electron/sampling/stop-strings.ts'

const letters = fc.string({ unit: fc.constantFrom('a', 'b', '\n'), maxLength: 20 })

describe('stop strings', () => {
  it('end a text at the first of them, however the text is cut', () => {
    fc.assert(
      fc.property(
        fc.array(letters, { maxLength: 8 }),
        fc.array(
          letters.filter(stop => stop.length > 0),
          { maxLength: 3 }
        ),
        (pieces, stops) => {
          const stream = new StopStrings(stops)
          let shown = ''
          let stopped = false
          for (const piece of pieces) {
            const released = stream.push(piece)
            shown += released.text
            stopped ||= released.stopped
          }
          shown += stream.end()
          const whole = pieces.join('')
          // The earliest moment at which the text holds a stop string decides.
          const end = Array.from(pieces.keys()).find(i =>
            stops.some(stop =>
              pieces
                .slice(0, i + 1)
                .join('')
                .includes(stop)
            )
          )
          const seen = end === undefined ? whole : pieces.slice(0, end + 1).join('')
          const at = stops.map(stop => seen.indexOf(stop)).filter(i => i >= 0)
          expect(stopped).toBe(at.length > 0)
          expect(shown).toBe(at.length > 0 ? seen.slice(0, Math.min(...at)) : whole)
        }
      )
    )
  })
})
