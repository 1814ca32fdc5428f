import { expect, test } from 'vitest'
import { levelsFor } from './levels.ts'

const prunings = (held: Parameters<typeof levelsFor>[0]) => levelsFor(held).map(({ pruning }) => pruning)

test('only what is stronger than the index holds can be tried, since the other weights are gone', () => {
  expect(prunings({ type: 'max_ratio', ratio: 0.1 })).toEqual([
    'max_ratio:0.1',
    'max_ratio:0.15',
    'max_ratio:0.2',
    'max_ratio:0.3',
  ])
  expect(prunings({ type: 'max_ratio', ratio: 0.4 })).toEqual(['max_ratio:0.4'])
  expect(prunings({ type: 'none' })).toHaveLength(6)
})

test('on an index with another rule, all are tried on top of it; the index itself comes first and is left as it is', () => {
  const levels = levelsFor({ type: 'top_k', k: 40 })
  expect(levels[0]).toEqual({ pruning: 'top_k:40', ratio: 0 })
  expect(levels.slice(1).map(({ ratio }) => ratio)).toEqual([0.05, 0.1, 0.15, 0.2, 0.3])
})
