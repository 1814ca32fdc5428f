import { expect, test } from 'vitest'
import { heapSize } from './settings.ts'

test.each([
  [undefined, '1g'],
  ['', '1g'],
  ['512m', '512m'],
  ['2G', '2G'],
])('heap %s is %s', (given, expected) => {
  expect(heapSize(given)).toBe(expected)
})

test.each(['1', '0g', '-1g', '1 g', '1t', 'lots'])('heap %j is refused', (given) => {
  expect(() => heapSize(given)).toThrow(`got "${given}"`)
})
