import { describe, expect, test } from 'vitest'
import { goldenTokenizer, readModelJson } from '../golden/read-golden.ts'
import { encodeQuery } from './encode-query.ts'
import { explain, score } from './explain.ts'
import { QueryTable } from './query-table.ts'

const tokens = encodeQuery(
  "What's the weather in ny now?",
  goldenTokenizer(),
  new QueryTable(readModelJson('query-table.json')),
)
/** The part of the vector in the model card of doc-v2-distill for "Currently New York is rainy." that the query matches. */
const stored = new Map([
  ['weather', 1.4673],
  ['ny', 1.4109],
  ['now', 0.7473],
])

describe('score', () => {
  test('of the published example is the published score', () => {
    expect(score(tokens, stored)).toBeCloseTo(17.5307, 3)
  })
})

describe('explain', () => {
  test('lists matches by contribution, adds up to what the engine scores, and marks expansions', () => {
    const explanation = explain(
      tokens,
      stored,
      new Set(['currently', 'new', 'york', 'is', 'rainy', '.', 'now']),
    )
    expect(explanation.map(({ token, expansion }) => [token, expansion])).toEqual([
      ['ny', true],
      ['weather', true],
      ['now', false],
    ])
    expect(explanation.reduce((sum, { contribution }) => sum + contribution, 0)).toBeCloseTo(17.5108, 3)
  })

  test('of a document without a match is empty', () => {
    expect(explain(tokens, new Map([['sun', 2]]), new Set())).toEqual([])
  })
})
