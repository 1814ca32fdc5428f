import { hostname } from 'node:os'
import { expect, test } from 'vitest'
import { hasEnded, LONGEST_RUN_MS } from './throw-away-index.ts'

const NOBODY = 2 ** 22 + 1

test('a run has ended when its process is gone here, or when its index is older than any run', () => {
  const here = { of: 'articles', host: hostname() }
  expect(hasEnded({ ...here, pid: NOBODY }, 0)).toBe(true)
  expect(hasEnded({ ...here, pid: process.ppid }, 0)).toBe(false)
  expect(hasEnded({ ...here, pid: process.ppid }, LONGEST_RUN_MS + 1)).toBe(true)
})

test('what a process of another machine does is not known before its time is up', () => {
  const there = { of: 'articles', host: `not-${hostname()}`, pid: NOBODY }
  expect(hasEnded(there, LONGEST_RUN_MS - 1)).toBe(false)
  expect(hasEnded(there, LONGEST_RUN_MS + 1)).toBe(true)
})

test('an index of this very process that is there before it made one is of an earlier one in the same place', () => {
  expect(hasEnded({ of: 'articles', host: hostname(), pid: process.pid }, 0)).toBe(true)
})
