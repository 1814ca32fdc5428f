import { describe, expect, test } from 'vitest'
import { LexpandError } from '../../sparse/errors.ts'
import { CLAUSE_BUDGET, type QueryClause, sparseQuery } from './query-builder.ts'

const field = 'body_sparse'
const tokens = [
  { token: 'wing', weight: 6.5 },
  { token: '##s', weight: 0.25 },
]

function fail(options: Parameters<typeof sparseQuery>[0]): LexpandError {
  try {
    sparseQuery(options)
  } catch (error) {
    if (error instanceof LexpandError) return error
  }
  throw new Error('no LexpandError')
}

describe('sparseQuery', () => {
  test('is one rank_feature clause a token, without an outer boost', () => {
    expect(sparseQuery({ field, tokens })).toEqual({
      bool: {
        should: [
          { rank_feature: { field: 'body_sparse.wing', linear: {}, boost: 6.5 } },
          { rank_feature: { field: 'body_sparse.##s', linear: {}, boost: 0.25 } },
        ],
        minimum_should_match: 1,
      },
    })
  })

  test('is the text in the form of our plugin, which folds the boost in itself', () => {
    expect(sparseQuery({ field, tokens, text: 'Wings', form: 'lexpand', idf: 'blend' })).toMatchObject({
      bool: { should: [{ lexpand: { field, query: 'Wings', idf: 'blend' } }] },
    })
    expect(sparseQuery({ field, tokens, text: 'Wings', form: 'lexpand', boost: 2 })).toEqual({
      bool: { should: [{ lexpand: { field, query: 'Wings', boost: 2 } }], minimum_should_match: 1 },
    })
  })

  test('is one neural_sparse clause in that form', () => {
    expect(sparseQuery({ field, tokens, form: 'neural_sparse' })).toEqual({
      bool: {
        should: [{ neural_sparse: { body_sparse: { query_tokens: { wing: 6.5, '##s': 0.25 } } } }],
        minimum_should_match: 1,
      },
    })
  })

  test('multiplies a boost into the weights', () => {
    expect(sparseQuery({ field, tokens: tokens.slice(0, 1), boost: 2 })).toMatchObject({
      bool: { should: [{ rank_feature: { boost: 13 } }] },
    })
  })

  test('filters beside the tokens, of which one must match', () => {
    const filter = [{ term: { group: 1 } }]
    expect(sparseQuery({ field, tokens, filter })).toMatchObject({
      bool: { filter, minimum_should_match: 1 },
    })
  })

  test('carries a token __proto__ like any other', () => {
    const query = sparseQuery({ field, tokens: [{ token: '__proto__', weight: 1 }], form: 'neural_sparse' })
    expect(JSON.stringify(query)).toContain('"query_tokens":{"__proto__":1}')
  })

  test.each([0, -1, 64.1, Number.NaN, Number.POSITIVE_INFINITY])('refuses the weight %d', (weight) => {
    expect(fail({ field, tokens: [{ token: 'wing', weight }] })).toMatchObject({
      code: 'QUERY',
      message: expect.stringContaining('a weight in (0, 64] for "wing"'),
    })
  })

  test('refuses a boost that takes a weight out of range', () => {
    expect(fail({ field, tokens, boost: 10 }).message).toContain('got 65')
  })

  test.each(['.', 'a.b', '...', ''])('refuses the token %j', (token) => {
    expect(fail({ field, tokens: [{ token, weight: 1 }] }).message).toContain('without dots')
  })

  test('refuses a token twice, and none at all', () => {
    expect(fail({ field, tokens: [...tokens, ...tokens] }).message).toContain('"wing" twice')
    expect(fail({ field, tokens: [] })).toMatchObject({ code: 'QUERY' })
  })

  test('keeps within the clause budget, filters counted', () => {
    const many = Array.from({ length: CLAUSE_BUDGET }, (_, at) => ({ token: `t${at}`, weight: 1 }))
    expect(sparseQuery({ field, tokens: many })).toHaveProperty('bool')
    expect(fail({ field, tokens: [...many, { token: 'one more', weight: 1 }] }).message).toContain(
      'got 1025 word pieces and 0 filter clauses',
    )
    const filter: QueryClause[] = [
      {
        bool: {
          must: [{ term: { a: 1 } }],
          should: [{ term: { b: 1 } }, { bool: { must_not: { term: { c: 1 } } } }],
        },
      },
      { terms: { d: ['many', 'values', 'are', 'one', 'clause'] } },
      { nested: { path: 'e', query: { range: { f: { gte: 1 } } } } },
    ]
    expect(fail({ field, tokens: many, filter }).message).toContain('and 5 filter clauses')
  })
})
