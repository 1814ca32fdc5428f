import fc from 'fast-check'
import { expect, test } from 'vitest'
import { textStart } from './text-start.ts'

test('the start of a text is well formed where the text is, and misses at most one unit of what was asked', () => {
  const characters = fc.array(fc.constantFrom('a', 'é', '中', '👍', '\u{1F468}\u200d\u{1F469}'), {
    maxLength: 30,
  })
  fc.assert(
    fc.property(characters, fc.nat(40), (parts, units) => {
      const text = parts.join('')
      const start = textStart(text, units)
      expect(text.startsWith(start)).toBe(true)
      expect(start.isWellFormed()).toBe(true)
      expect(start.length).toBeGreaterThanOrEqual(Math.min(text.length, units) - 1)
      expect(start.length).toBeLessThanOrEqual(units)
    }),
  )
})

test('a text that is broken already is cut, too', () => {
  expect(textStart('\ud800\ud800x', 1)).toBe('')
  expect(textStart('\udc00\udc00x', 1)).toBe('\udc00')
})
