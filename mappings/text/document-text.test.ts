import { describe, expect, test } from 'vitest'
import { parseExactly } from '../../sparse/exact-json.ts'
import { documentText } from './document-text.ts'

describe('documentText', () => {
  test.each<[string, unknown, string]>([
    ['one field', { title: ' Wings ' }, 'Wings'],
    ['fields in the order of the specification', { body: 'of birds', title: 'Wings' }, 'Wings of birds'],
    ['missing and null fields', { title: null }, ''],
    ['arrays, also nested, without their nulls', { title: ['a', ['b', null, 'c']], body: [] }, 'a b c'],
    ['a source that is no object', 'text', ''],
  ])('joins %s', (_, source, text) => {
    expect(documentText(source, ['title', 'body'])).toEqual({ text })
  })

  test.each<[string, unknown]>([
    ['nested objects', { a: { b: { c: 'x' } } }],
    ['dotted keys', { 'a.b.c': 'x' }],
    ['keys dotted in part', { a: { 'b.c': 'x' } }],
    ['arrays of objects', { a: [{ b: [{ c: 'x' }] }] }],
  ])('finds a path in %s', (_, source) => {
    expect(documentText(source, ['a.b.c'])).toEqual({ text: 'x' })
  })

  test.each<[unknown, string]>([
    [3, 'number'],
    [true, 'boolean'],
    [{ en: 'x' }, 'object'],
    [['fine', 3], 'number'],
    [parseExactly('12345678901234567890'), 'number'],
  ])('refuses %o with field and type', (title, type) => {
    expect(documentText({ title, body: 'x' }, ['title', 'body'])).toEqual({
      error: `[text] expected text in field title, got ${type}. Store a string or a list of strings.`,
    })
  })

  test('reads own keys only', () => {
    expect(documentText({}, ['constructor', 'toString', '__proto__.constructor'])).toEqual({ text: '' })
    expect(documentText(JSON.parse('{"__proto__": "x"}'), ['__proto__'])).toEqual({ text: 'x' })
  })

  test('does not follow arrays without end', () => {
    let value: unknown = 'x'
    for (let level = 0; level < 100_000; level++) value = [value]
    expect(documentText({ title: value }, ['title'])).toHaveProperty('error')
  })
})
