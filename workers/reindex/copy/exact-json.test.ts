import { describe, expect, test } from 'vitest'
import { parseExactly } from './exact-json.ts'

describe('parseExactly', () => {
  test.each([
    '{"a":1.0,"b":1.50,"c":1e3,"d":-0}',
    '{"id":12345678901234567890,"small":0.1234567890123456789012}',
    '{"__proto__":{"x":2.0},"constructor":1}',
    '[{"a":[1.0,2,3.5]},null,true,"1.0"]',
  ])('%s is written as it was read', (json) => {
    expect(JSON.stringify(parseExactly(json))).toBe(json)
  })

  test('text and ordinary numbers are plain values', () => {
    expect(parseExactly('{"text":"a","n":12,"w":0.25}')).toEqual({ text: 'a', n: 12, w: 0.25 })
  })

  test('a key named __proto__ stays an own key', () => {
    expect(Object.keys(parseExactly('{"__proto__":1}') as object)).toEqual(['__proto__'])
  })
})
