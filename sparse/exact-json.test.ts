import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { exactNumber, numberOf, parseExactly, parseLossless } from './exact-json.ts'

describe('parseExactly', () => {
  test.each([
    '{"a":1.0,"b":1.50,"c":1e3,"d":-0}',
    '{"id":12345678901234567890,"small":0.1234567890123456789012}',
    '{"far":1e400,"near":-1E-400}',
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
    expect(Object.keys(parseExactly('{"__proto__":1.0}') as object)).toEqual(['__proto__'])
  })

  test('any number survives, whatever its digits', () => {
    const digits = fc.tuple(fc.bigInt(), fc.option(fc.bigInt({ min: 0n })), fc.option(fc.integer()))
    fc.assert(
      fc.property(digits, ([whole, fraction, exponent]) => {
        const number = `${whole}${fraction === null ? '' : `.${fraction}`}${exponent === null ? '' : `e${exponent}`}`
        expect(JSON.stringify(parseExactly(`[${number}]`))).toBe(`[${number}]`)
      }),
      { seed: 1 },
    )
  })

  test.each([
    ['an array', '[', ']'],
    ['an object', '{"a":', '}'],
  ])('%s nested deeper than the engine takes is refused, brackets in strings are none', (_, open, close) => {
    const nested = (depth: number) => `${open.repeat(depth)}1${close.repeat(depth)}`
    expect(() => parseExactly(nested(1_001))).toThrow('nested deeper than 1000')
    expect(() => parseExactly(nested(200_000))).toThrow('nested deeper than 1000')
    expect(JSON.stringify(parseExactly(nested(1_000)))).toBe(nested(1_000))
    const quoted = JSON.stringify({ text: `\\"${open.repeat(2_000)}`, flat: Array(2_000).fill([]) })
    expect(JSON.stringify(parseExactly(quoted))).toBe(quoted)
  })
})

describe('parseLossless', () => {
  test('keeps what JavaScript cannot hold, and makes a number of everything else', () => {
    const json =
      '{"id":9007199254740993,"far":1e400,"long":0.1234567890123456789,"one":1.0,"score":7.1200005,"double":0.30000000000000004}'
    const parsed = parseLossless(json) as Record<string, unknown>
    expect(exactNumber(parsed.id)).toBe('9007199254740993')
    expect(exactNumber(parsed.far)).toBe('1e400')
    expect(exactNumber(parsed.long)).toBe('0.1234567890123456789')
    expect(parsed).toMatchObject({ one: 1, score: 7.1200005, double: 0.30000000000000004 })
    expect(JSON.stringify(parsed)).toBe(json.replace('1.0', '1'))
  })
})

test('numberOf is a plain number where that is written the same way', () => {
  expect(numberOf('12')).toBe(12)
  expect(JSON.stringify([numberOf('9.90'), numberOf('12345678901234567890')])).toBe(
    '[9.90,12345678901234567890]',
  )
})

test('exactNumber of anything else is undefined', () => {
  expect([null, 1, 'a', {}, { rawJSON: '1' }, []].map(exactNumber)).toEqual(Array(6).fill(undefined))
})
