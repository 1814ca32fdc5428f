import { describe, expect, test } from 'vitest'
import { parseQrels, parseQueries, queryFrom } from './query-files.ts'

describe('files of queries and judgments', () => {
  test('queries are lines of text or JSON; a missing id is the number of the line', () => {
    expect([...parseQueries('green tea\n\n{"_id":"q7","text":"a moon"}\n', 'reindex')]).toEqual([
      ['1', 'green tea'],
      ['q7', 'a moon'],
    ])
    expect(() => parseQueries('{"_id":"q"}', 'reindex')).toThrow('line 1 of the queries')
    expect(() => parseQueries('\n', 'reindex')).toThrow('an empty file')
  })

  test('judgments are tab-separated, with or without a head line', () => {
    const qrels = parseQrels('query-id\tcorpus-id\tscore\nq\td1\t2\nq\td2\t0\n', 'reindex')
    expect([...(qrels.get('q') ?? [])]).toEqual([
      ['d1', 2],
      ['d2', 0],
    ])
    expect(() => parseQrels('q\td1\t2\nq d2 1\n', 'reindex')).toThrow('line 2 of the judgments')
  })

  test('a query made from a document is the start of its first sentence', () => {
    expect(queryFrom('Green tea is old. It is drunk hot.')).toBe('Green tea is old.')
    expect(queryFrom('Title\nbody')).toBe('Title')
    expect(queryFrom(Array(30).fill('word').join(' ')).split(' ')).toHaveLength(12)
  })
})
