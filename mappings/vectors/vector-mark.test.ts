import { expect, test } from 'vitest'
import { testTokenizer } from '../../testing/test-fixtures.ts'
import { hasMark, markClause, VECTOR_MARK } from './vector-mark.ts'

test('the mark of a vector is a piece that no vocabulary has, so that no query finds it', () => {
  const tokenizer = testTokenizer()
  expect(tokenizer.idOf(VECTOR_MARK)).toBeUndefined()
  expect(Array.from(tokenizer.tokenize(VECTOR_MARK), (id) => tokenizer.piece(id) ?? '')).not.toContain(
    VECTOR_MARK,
  )
})

test('a hit says by its name whether the vector is there', () => {
  const { _name } = markClause('rank_features', 'text_sparse').bool
  expect(hasMark({ matched_queries: [_name] })).toBe(true)
  expect(hasMark({ matched_queries: [] })).toBe(false)
  expect(hasMark({})).toBe(false)
})
