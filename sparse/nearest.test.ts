import { expect, test } from 'vitest'
import { nearest } from './nearest.ts'

test.each([
  ['titel', ['body', 'title'], 'title'],
  ['boddy', ['body', 'title'], 'body'],
  ['Title', ['title'], 'title'],
  ['description', ['title', 'text'], undefined],
  ['x', [], undefined],
])('%s among %j is %s', (name, candidates, expected) => {
  expect(nearest(name, candidates)).toBe(expected)
})
