import { expect, test } from 'vitest'
import { measureQuality } from './quality.ts'

const token = (tokenId: number, weight: number) => ({ token: `t${tokenId}`, tokenId, weight })
const documents = [
  { id: 'a', tokenIds: [1, 2], weights: [3, 0.5] },
  { id: 'b', tokenIds: [2], weights: [1] },
  { id: 'c', tokenIds: [3, 1], weights: [2, 0.1] },
]
const queries = [
  { id: 'q1', text: '', tokens: [token(2, 1)] },
  { id: 'q2', text: '', tokens: [token(1, 2), token(3, 1)] },
]

test('pruning is compared with the index as it is: postings, overlap and nDCG', async () => {
  const qrels = new Map([
    ['q1', new Map([['a', 1]])],
    ['q2', new Map([['a', 1]])],
  ])
  const { prunings } = await measureQuality([0, 0.2], { documents, queries, qrels })
  expect(prunings[0]).toMatchObject({
    overlap_at_10: 1,
    tokens_per_document: 5 / 3,
    ndcg_at_10: (1 / Math.log2(3) + 1) / 2,
  })
  expect(prunings[0]?.postings_per_query).toBeCloseTo((2 + 3) / 2)
  expect(prunings[0]?.against_as_it_is).toBeUndefined()
  // a loses token 2 and with it the first query; c loses token 1 and keeps its rank.
  expect(prunings[1]).toMatchObject({ overlap_at_10: 0.75, ndcg_at_10: 0.5 })
  expect(prunings[1]?.against_as_it_is).toMatchObject({ losses: 1, ties: 1 })
})

test('the tables weight the same tokens, by rarity in the sample', async () => {
  const { tables, weighted } = await measureQuality([0], { documents, queries, qrels: undefined })
  expect(tables.map(({ overlap_at_10 }) => overlap_at_10)).toEqual([1, 1, 1])
  expect(tables[0]?.ndcg_at_10).toBeUndefined()
  // Two of three documents carry token 1, one carries token 3.
  expect(weighted.get('corpus')?.[1]?.tokens.map(({ tokenId }) => tokenId)).toEqual([3, 1])
})

test('a query does not find the document that it is', async () => {
  const own = [{ id: 'b', text: '', tokens: [token(2, 1)] }]
  const qrels = new Map([['b', new Map([['b', 1]])]])
  const { prunings } = await measureQuality([0], { documents, queries: own, qrels })
  expect(prunings[0]?.ndcg_at_10).toBe(0)
})
