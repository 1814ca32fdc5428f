import { expect, test } from 'vitest'
import { ExactRanking } from './exact-ranking.ts'

const exact = new ExactRanking()
exact.add('a', [
  ['cat', 2],
  ['dog', 1],
])
exact.add('b', [['cat', 1]])
exact.add('c', [['dog', 2]])
exact.add('d', [['dog', 2]])
exact.add('none', [['fish', 1]])
const query = [
  { token: 'cat', weight: 1 },
  { token: 'dog', weight: 1 },
]

test('the exact best k overlap fully, in any order', () => {
  expect(exact.overlap(query, ['d', 'a', 'c'], 3)).toBe(1)
})

test('a worse document does not count', () => {
  expect(exact.overlap(query, ['a', 'c', 'b'], 3)).toBeCloseTo(2 / 3)
})

test('equal scores at the border are interchangeable', () => {
  expect(exact.overlap(query, ['a', 'd'], 2)).toBe(1)
  expect(exact.overlap(query, ['a', 'c'], 2)).toBe(1)
})

test('fewer matches than k ask for no more', () => {
  expect(exact.overlap([{ token: 'cat', weight: 1 }], ['a', 'b'], 10)).toBe(1)
  expect(exact.overlap([{ token: 'cow', weight: 1 }], [], 10)).toBe(1)
  expect(exact.overlap([{ token: '__proto__', weight: 1 }], ['a'], 10)).toBe(0)
})
