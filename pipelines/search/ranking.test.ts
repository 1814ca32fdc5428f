import { expect, test } from 'vitest'
import { fusionDepth } from './ranking.ts'

test('the depth of the fused lists moves in steps, so that pages agree about the order', () => {
  expect([1, 100, 101, 1_000, 1_001, 10_000].map((window) => fusionDepth(window))).toEqual([
    100, 100, 1_000, 1_000, 10_000, 10_000,
  ])
})
