import { describe, expect, test } from 'vitest'
import { overlap, parseQrels, parseQueries, queryFrom } from './reindex-gate.ts'

const run = (lists: Record<string, string[]>) => new Map(Object.entries(lists))

describe('overlap', () => {
  test('is the mean share of common ids, of the longer list', () => {
    expect(overlap(run({ a: ['1', '2'], b: ['1'] }), run({ a: ['2', '3'], b: ['1'] }))).toBe(0.75)
    expect(overlap(run({ a: ['1'] }), run({ a: ['1', '2', '3', '4'] }))).toBe(0.25)
  })

  test('counts a query that only one side answers as nothing in common', () => {
    expect(overlap(run({ a: ['1'] }), run({ a: [] }))).toBe(0)
    expect(overlap(run({ a: ['1'] }), run({}))).toBe(0)
  })

  test('leaves out queries that nobody answers', () => {
    expect(overlap(run({ a: ['1'], b: [] }), run({ a: ['1'], b: [] }))).toBe(1)
  })
})

describe('files of the gate', () => {
  test('queries are lines of text or JSON; a missing id is the number of the line', () => {
    expect([...parseQueries('green tea\n\n{"_id":"q7","text":"a moon"}\n')]).toEqual([
      ['1', 'green tea'],
      ['q7', 'a moon'],
    ])
    expect(() => parseQueries('{"_id":"q"}')).toThrow('line 1 of the queries')
    expect(() => parseQueries('\n')).toThrow('an empty file')
  })

  test('judgments are tab-separated, with or without a head line', () => {
    const qrels = parseQrels('query-id\tcorpus-id\tscore\nq\td1\t2\nq\td2\t0\n')
    expect([...(qrels.get('q') ?? [])]).toEqual([
      ['d1', 2],
      ['d2', 0],
    ])
    expect(() => parseQrels('q\td1\t2\nq d2 1\n')).toThrow('line 2 of the judgments')
  })

  test('a query made from a document is the start of its first sentence', () => {
    expect(queryFrom('Green tea is old. It is drunk hot.')).toBe('Green tea is old.')
    expect(queryFrom('Title\nbody')).toBe('Title')
    expect(queryFrom(Array(30).fill('word').join(' ')).split(' ')).toHaveLength(12)
  })
})
