import { expect, test } from 'vitest'
import { byQueryTokens } from './search-result.ts'

test('times are told apart by the length of the query, and lengths of fewer than ten queries are left out', () => {
  const lengths = [...Array(10).fill(3), ...Array(10).fill(2), 9]
  const queries = lengths.map((length) => ({
    tokens: Array(length).fill({ token: 'a', tokenId: 1, weight: 1 }),
  }))
  const times = lengths.map((length, at) => [length, length + (at % 2)])
  expect(byQueryTokens(queries, times)).toEqual([
    { tokens: 2, queries: 10, p50_ms: 2 },
    { tokens: 3, queries: 10, p50_ms: 3 },
  ])
})
