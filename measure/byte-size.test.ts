import { expect, test } from 'vitest'
import { byteSize } from './byte-size.ts'

test.each([
  [0, '0 kB'],
  [840, '0.8 kB'],
  [1_000, '1 kB'],
  [18_440_000, '18.4 MB'],
  [184_400_000, '184 MB'],
  [30e9, '30 GB'],
  [2.5e15, '2500 TB'],
])('%d bytes are %s', (bytes, text) => {
  expect(byteSize(bytes)).toBe(text)
})
