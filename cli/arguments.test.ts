import { describe, expect, test } from 'vitest'
import { duration, integer, jsonObject, list } from './arguments.ts'

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
})

test('right values are taken', () => {
  expect(integer(0, 10)('10')).toBe(10)
  expect(list()('title, text')).toEqual(['title', 'text'])
  expect(['90s', '15m', '2h', '30d'].map(duration)).toEqual([90, 900, 7_200, 2_592_000])
  expect(jsonObject('{"term":{"a":1}}')).toEqual({ term: { a: 1 } })
})
