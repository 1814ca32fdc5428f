import { expect, test } from 'vitest'
import { lexicalQuery } from './lexical-query.ts'

test('one field is matched, several share the query', () => {
  expect(lexicalQuery({ plain: ['body'] }, 'wing')).toEqual({ match: { body: { query: 'wing' } } })
  expect(lexicalQuery({ plain: ['title', 'body'] }, 'wing')).toEqual({
    multi_match: { query: 'wing', fields: ['title', 'body'], tie_breaker: 0.4 },
  })
})

test('filters do not score', () => {
  const filter = [{ term: { group: 1 } }]
  expect(lexicalQuery({ plain: ['body'] }, 'wing', filter)).toEqual({
    bool: { must: [{ match: { body: { query: 'wing' } } }], filter },
  })
})

test('text in nested objects is asked inside of them, beside the other fields', () => {
  const nested = {
    comments: ['comments.text'],
    'comments.replies': ['comments.replies.title', 'comments.replies.text'],
  }
  const inComments = {
    nested: { path: 'comments', score_mode: 'max', query: { match: { 'comments.text': { query: 'wing' } } } },
  }
  expect(lexicalQuery({ plain: [], nested: { comments: ['comments.text'] } }, 'wing')).toEqual(inComments)
  expect(lexicalQuery({ plain: ['title'], nested }, 'wing')).toEqual({
    dis_max: {
      queries: [
        { match: { title: { query: 'wing' } } },
        inComments,
        {
          nested: {
            path: 'comments.replies',
            score_mode: 'max',
            query: {
              multi_match: { query: 'wing', fields: nested['comments.replies'], tie_breaker: 0.4 },
            },
          },
        },
      ],
      tie_breaker: 0.4,
    },
  })
})

test('text that no query can reach is an error with the ways on', () => {
  expect(() => lexicalQuery({ plain: [] }, 'wing')).toThrow(
    '[query] expected text fields that words can find, got fields with index false only. Search in mode sparse',
  )
})
