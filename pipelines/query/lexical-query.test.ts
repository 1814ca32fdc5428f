import { expect, test } from 'vitest'
import { lexicalQuery } from './lexical-query.ts'

test('one field is matched, several share the query', () => {
  expect(lexicalQuery(['body'], 'wing')).toEqual({ match: { body: { query: 'wing' } } })
  expect(lexicalQuery(['title', 'body'], 'wing')).toEqual({
    multi_match: { query: 'wing', fields: ['title', 'body'], tie_breaker: 0.4 },
  })
})

test('filters do not score', () => {
  const filter = [{ term: { group: 1 } }]
  expect(lexicalQuery(['body'], 'wing', filter)).toEqual({
    bool: { must: [{ match: { body: { query: 'wing' } } }], filter },
  })
})

test('no fields are an error', () => {
  expect(() => lexicalQuery([], 'wing')).toThrow('expected text fields')
})
