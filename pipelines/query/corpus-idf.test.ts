import { expect, test } from 'vitest'
import type { QueryToken } from '../../sparse/query/encode-query.ts'
import { inverseDocumentFrequency, weightByCorpus } from './corpus-idf.ts'

const TOKENS: QueryToken[] = [
  { token: 'slipstream', tokenId: 9, weight: 9 },
  { token: 'wing', tokenId: 7, weight: 6 },
  { token: 'lift', tokenId: 5, weight: 4 },
]
const CORPUS = {
  documents: 1_000,
  frequencies: new Map([
    ['slipstream', 10],
    ['wing', 900],
  ]),
}

test.each([
  [1_000, 10, Math.log(1 + 990.5 / 10.5)],
  [1_000, 1_000, Math.log(1 + 0.5 / 1000.5)],
  [1_000, 0, Math.log(1 + 1000.5 / 0.5)],
  [0, 0, Math.log(2)],
  // The documents were counted a moment before the frequency.
  [1_000, 1_003, Math.log(1 + 0.5 / 1000.5)],
])('the IDF of %d documents, %d with the piece, is that of Lucene and above 0', (documents, df, expected) => {
  expect(inverseDocumentFrequency(documents, df)).toBeCloseTo(expected, 12)
  expect(inverseDocumentFrequency(documents, df)).toBeGreaterThan(0)
})

test('corpus weights are the IDF of the index alone, heaviest first', () => {
  const weighted = weightByCorpus(TOKENS, 'corpus', CORPUS)
  expect(weighted.map(({ token }) => token)).toEqual(['lift', 'slipstream', 'wing'])
  expect(weighted[0]?.weight).toBeCloseTo(inverseDocumentFrequency(1_000, 0), 12)
})

test('blended weights are half the table, half the index', () => {
  const wing = weightByCorpus(TOKENS, 'blend', CORPUS).find(({ token }) => token === 'wing')
  expect(wing).toEqual({
    token: 'wing',
    tokenId: 7,
    weight: 3 + inverseDocumentFrequency(1_000, 900) / 2,
  })
})

test('no weight passes what Lucene takes', () => {
  const heavy = [{ token: 'x', tokenId: 1, weight: 64 }]
  const huge = { documents: Number.MAX_SAFE_INTEGER, frequencies: new Map<string, number>() }
  expect(weightByCorpus(heavy, 'blend', huge)[0]?.weight).toBeLessThanOrEqual(64)
})
