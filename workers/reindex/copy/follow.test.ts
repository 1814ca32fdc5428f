import { expect, test } from 'vitest'
import { isCaughtUp } from './follow.ts'

test.each([
  [0, Number.POSITIVE_INFINITY, true],
  [100, 1_000_000, true],
  [800, 1_000_000, false],
  [800, 900, true],
  [9_000, 9_000, false],
])('%d changes after %d: caught up is %s', (seen, before, expected) => {
  expect(isCaughtUp(seen, before)).toBe(expected)
})
