import { expect, test } from 'vitest'
import { byCharacters, nextSize } from './inline-text.ts'

test('slow pages get smaller, quick ones larger, within bounds', () => {
  expect([
    nextSize(100, 10),
    nextSize(800, 10),
    nextSize(100, 2_000),
    nextSize(100, 9_000),
    nextSize(1, 9_000),
  ]).toEqual([200, 1_000, 100, 25, 1])
})

test('long texts are read a few at a time, one beyond all bounds by itself', () => {
  const parts = byCharacters([6_000_000, 3_000_000, 2_000_000, 40_000_000, 1], (characters) => characters)
  expect(parts).toEqual([[6_000_000, 3_000_000], [2_000_000], [40_000_000], [1]])
})
