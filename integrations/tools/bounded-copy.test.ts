import { describe, expect, test } from 'vitest'
import { parseExactly } from '../../sparse/exact-json.ts'
import { boundedCopy } from './bounded-copy.ts'

describe('a copy within its bounds', () => {
  test('of a small document is the document', () => {
    const source = { a: 'x', b: [1, null, { c: true }], d: {} }
    expect(boundedCopy(source, { units: 1_000 })).toEqual({ copy: source, isCut: false, shown: 1 })
  })

  test.each([0, 1, 10, 100, 1_000])('is no larger than %i units and a few for its shape', (units) => {
    const source = {
      a: 'x'.repeat(5_000),
      b: Array.from({ length: 5_000 }, (_, at) => `${at}`),
      c: { d: 'y' },
    }
    const { copy, isCut } = boundedCopy(source, { units })
    expect(isCut).toBe(true)
    expect(JSON.stringify(copy).length).toBeLessThan(5 * units + 100)
  })

  test('goes on where the one before was cut, and together they hold every text', () => {
    const source = { a: 'abcdef'.repeat(20), b: ['ghi'.repeat(30), 'jkl'] }
    let [text, skip, isCut] = ['', 0, true]
    while (isCut) {
      const part = boundedCopy(source, { units: 50, skip })
      text += Object.values(part.copy).flat().join('')
      skip += part.shown
      isCut = part.isCut
      expect(part.shown > 0 || !isCut).toBe(true)
    }
    expect(text).toBe(`${'abcdef'.repeat(20)}${'ghi'.repeat(30)}jkl`)
  })

  test('never cuts a character in half', () => {
    const { copy } = boundedCopy({ a: '😀😀😀' }, { units: 8 })
    expect(copy.a).toBe('😀')
  })

  test('keeps digits that JavaScript cannot hold, as text', () => {
    const source = parseExactly('{"a":9007199254740993}') as Record<string, unknown>
    expect(boundedCopy(source, { units: 100 }).copy).toEqual({ a: '9007199254740993' })
  })

  test('has keys named __proto__ as its own, and changes no other object', () => {
    const { copy } = boundedCopy(JSON.parse('{"__proto__":{"polluted":1}}'), { units: 100 })
    expect(Object.hasOwn(copy, '__proto__')).toBe(true)
    expect((copy as { polluted?: number }).polluted).toBeUndefined()
  })

  test('ends where objects are nested without end', () => {
    let value: unknown = 'x'
    for (let level = 0; level < 100_000; level++) value = { a: value }
    expect(boundedCopy({ value }, { units: 10_000_000 }).isCut).toBe(true)
  })
})
