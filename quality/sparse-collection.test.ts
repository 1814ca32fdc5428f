import { expect, test } from 'vitest'
import { SparseCollection } from './sparse-collection.ts'

const DOCUMENTS = [
  { id: 'a', tokenIds: [1, 2, 3], weights: [2, 1, 0.1] },
  { id: 'b', tokenIds: [2], weights: [1] },
  { id: 'c', tokenIds: [], weights: [] },
]

test('ranks by the dot product, equal scores in the order of the corpus, and leaves out what does not match', () => {
  const all = new SparseCollection(DOCUMENTS, 0)
  expect(all.rank([{ tokenId: 2, weight: 3 }], 10)).toEqual([
    { id: 'a', score: 3 },
    { id: 'b', score: 3 },
  ])
  const both = all.rank(
    [
      { tokenId: 1, weight: 1 },
      { tokenId: 2, weight: 1 },
    ],
    1,
  )
  expect(both).toEqual([{ id: 'a', score: 3 }])
})

test('pruning drops what is small beside the largest weight of its document', () => {
  const pruned = new SparseCollection(DOCUMENTS, 0.1)
  expect([pruned.frequency(3), new SparseCollection(DOCUMENTS, 0).frequency(3)]).toEqual([0, 1])
  expect(pruned.tokensPerDocument).toBe(1)
})

test('in steps a weight is the nearest whole multiple, and never gone', () => {
  const document = { id: 'a', tokenIds: [1, 2], weights: [0.8, 0.1] }
  const [hit] = new SparseCollection([document], 0, 0.5).rank([{ tokenId: 1, weight: 1 }], 1)
  expect(hit?.score).toBe(1)
  const [small] = new SparseCollection([document], 0, 0.5).rank([{ tokenId: 2, weight: 1 }], 1)
  expect(small?.score).toBe(0.5)
})

test('expected matches are the mean of matching pieces over queries and documents', () => {
  const all = new SparseCollection(DOCUMENTS, 0)
  expect(all.expectedMatches([[{ tokenId: 2 }, { tokenId: 3 }], [{ tokenId: 9 }]])).toBeCloseTo(3 / 2 / 3, 12)
  expect(all.expectedMatches([])).toBe(0)
})
