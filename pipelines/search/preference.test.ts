import fc from 'fast-check'
import { expect, test } from 'vitest'
import { preferenceOf } from './preference.ts'

test('a preference can stand in a URL whatever was typed, and is the same for the same words', () => {
  const typed = fc.array(fc.constantFrom('a', '👍', '\ud83d', '\udc4d', '&', '\n', '中'), { maxLength: 70 })
  fc.assert(
    fc.property(typed, (parts) => {
      const text = parts.join('')
      expect(preferenceOf({ text })).toMatch(/^lexpand [0-9a-f]{16}$/)
      expect(preferenceOf({ text })).toBe(preferenceOf({ text }))
    }),
  )
  expect(preferenceOf({ text: `${'x'.repeat(64)}a` })).not.toBe(preferenceOf({ text: `${'x'.repeat(64)}b` }))
})
