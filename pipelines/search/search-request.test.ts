import { describe, expect, test } from 'vitest'
import { checkRequest } from './checked-request.ts'
import type { SearchRequest } from './search-request.ts'

const request = { index: 'articles', text: 'wings' }

describe('checkRequest', () => {
  test('fills in defaults', () => {
    expect(checkRequest(request)).toEqual({
      ...request,
      history: [],
      phrases: [],
      exclusions: [],
      twoPhase: undefined,
      size: 10,
      from: 0,
      filter: [],
      explain: false,
      highlight: undefined,
      idf: 'auto',
      feedback: 'auto',
      fusion: { type: 'sum', balance: 'auto' },
      trackTotalHits: false,
      emptyQuery: 'lexical',
      timeoutMs: 30_000,
    })
    expect(checkRequest({ ...request, fusion: { type: 'rrf' }, highlight: true })).toMatchObject({
      fusion: { type: 'rrf', rankConstant: 60 },
      highlight: {},
    })
    expect(checkRequest({ ...request, twoPhase: { window: 20 } }).twoPhase).toEqual({
      cut: 2,
      window: 20,
      prove: false,
    })
  })

  test('takes one filter or several', () => {
    const filter = { term: { group: 1 } }
    expect(checkRequest({ ...request, filter }).filter).toEqual([filter])
    expect(checkRequest({ ...request, filter: [filter, filter] }).filter).toEqual([filter, filter])
  })

  test('reaches the last page and no further', () => {
    expect(checkRequest({ ...request, from: 9_990 }).from).toBe(9_990)
    expect(() => checkRequest({ ...request, from: 9_991 })).toThrow('from + size of at most 10000, got 10001')
  })

  test.each<[string, Partial<SearchRequest>]>([
    ['an index pattern', { index: 'a*' }],
    ['a balance below 0', { fusion: { type: 'sum', balance: -1 } }],
    ['facets over two lists', { mode: 'hybrid', fusion: { type: 'rrf' }, aggregations: { a: {} } }],
    ['a page after another without its sort', { searchAfter: [1] }],
    ['fuseIn without lists', { fuseIn: 'client' }],
    ['exclusions only', { text: '-wing -"two birds"' }],
    ['blank text', { text: '\t ' }],
    ['very long text', { text: 'x'.repeat(20_001) }],
    ['a broken size', { size: 1.5 }],
    ['a negative from', { from: -1 }],
    ['no number as weight', { fusion: { type: 'min_max', bm25Weight: Number.NaN } }],
    ['a cut of 0', { twoPhase: { cut: 0 } }],
    ['a window of 10,001', { twoPhase: { window: 10_001 } }],
    ['a rank constant of 0', { fusion: { type: 'rrf', rankConstant: 0 } }],
    ['reciprocal ranks in the engine', { fusion: { type: 'rrf' }, fuseIn: 'engine' }],
  ])('refuses %s', (_, change) => {
    expect(() => checkRequest({ ...request, ...change })).toThrow(/^\[search\] expected/)
  })
})
