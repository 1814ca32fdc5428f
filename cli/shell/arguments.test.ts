import { describe, expect, test } from 'vitest'
import { duration, integer, jsonObject, list, number, pruning } from './arguments.ts'

describe('a wrong value is a message that says what is right', () => {
  test.each(['-1', '11', '1.5', 'x', '', '1e1', ' 3'])('%j is no whole number from 0 to 10', (text) => {
    expect(() => integer(0, 10)(text)).toThrow('whole number from 0 to 10')
  })

  test.each(['a,a', 'a,', 'c', ''])('%j is no list of distinct names out of a, b', (text) => {
    expect(() => list(['a', 'b'])(text)).toThrow('out of a, b')
  })

  test.each(['[1]', 'null', '{', '3', ''])('%j is no JSON object', (text) => {
    expect(() => jsonObject(text)).toThrow('JSON object')
  })

  test.each(['2', 'h', '-2h', '1.5h', '2 h', '2w', ''])('%j is no length of time', (text) => {
    expect(() => duration(text)).toThrow('90s, 15m, 2h or 30d')
  })

  test.each(['-0.1', '1.1', 'x', '', ' '])('%j is no number from 0 to 1', (text) => {
    expect(() => number(0, 1)(text)).toThrow('number from 0 to 1')
  })

  test.each(['max_ratio', 'none:1', 'top_k:1.5', 'max_ratio:2', 'abs_value:', 'constructor:1', ''])(
    '%j is no pruning',
    (text) => {
      expect(() => pruning(text)).toThrow(/Expected|expected/)
    },
  )
})

test('right values are taken', () => {
  expect(integer(0, 10)('10')).toBe(10)
  expect(list()('title, text')).toEqual(['title', 'text'])
  expect(['90s', '15m', '2h', '30d'].map(duration)).toEqual([90, 900, 7_200, 2_592_000])
  expect(number(0, 1)('0.25')).toBe(0.25)
  expect(['none', 'max_ratio:0.1', 'top_k:200'].map(pruning)).toEqual([
    { type: 'none' },
    { type: 'max_ratio', ratio: 0.1 },
    { type: 'top_k', k: 200 },
  ])
  expect(jsonObject('{"term":{"a":1}}')).toEqual({ term: { a: 1 } })
})
