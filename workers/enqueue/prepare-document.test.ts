import { describe, expect, test } from 'vitest'
import { textHash } from '../../mappings/text/text-hash.ts'
import { SPECIFICATION } from '../../testing/test-fixtures.ts'
import { type PreparedDocument, prepareDocument, type SourceDocument } from './prepare-document.ts'

function prepared(document: SourceDocument): PreparedDocument {
  const result = prepareDocument(document, SPECIFICATION)
  if ('reason' in result) throw new Error(result.reason)
  return result
}

function reason(document: unknown): string {
  const result = prepareDocument(document as SourceDocument, SPECIFICATION)
  return 'reason' in result ? result.reason : 'prepared'
}

describe('preparing a document', () => {
  test('text is stamped pending with its hash', () => {
    const { json, blank, id } = prepared({ id: '7', source: { text: 'hello', price: 3 } })
    expect(JSON.parse(json)).toEqual({
      text: 'hello',
      price: 3,
      lexpand: {
        state: 'pending',
        text_hash: textHash({ text: 'hello' }, ['text']),
        pending_since: expect.stringMatching(/^\d{4}-.*Z$/),
      },
    })
    expect({ blank, id }).toEqual({ blank: false, id: '7' })
  })

  test('a value of the owner under our name is refused, not replaced', () => {
    expect(reason({ source: { text: 'a phone', lexpand: 'a brand' } })).toBe(
      '[enqueue] expected no value of its own in field lexpand, got one: Lexpand keeps its own there, and it would be lost. Rename the field.',
    )
    expect(reason({ source: { text: 'a phone', text_sparse: 'thin' } })).toContain('in field text_sparse')
  })

  test('an id or routing of half a character, which the engine would store as "?", is refused', () => {
    expect(reason({ id: 'a\ud83d', source: { text: 'hello' } })).toBe(
      '[enqueue] expected an id and a routing of whole characters, got half a surrogate pair in "a\\ud83d". Write both as proper Unicode.',
    )
    expect(reason({ id: 'a', routing: '\udc00', source: { text: 'hello' } })).toContain(
      'half a surrogate pair',
    )
    expect(prepared({ id: '👍', routing: '中', source: { text: 'hello' } }).id).toBe('👍')
  })

  test('missing and blank text is marked empty at once', () => {
    for (const source of [{}, { text: '' }, { text: ' \n' }, { text: null }, { text: [] }]) {
      const { json, blank } = prepared({ id: '7', source })
      expect(blank).toBe(true)
      expect(JSON.parse(json).lexpand).toMatchObject({
        state: 'empty',
        fingerprint: SPECIFICATION.fingerprint,
      })
    }
  })

  test('a vector and a stamp that a document carries are dropped', () => {
    const source = { text: 'hello', text_sparse: { old: 1 }, lexpand: { state: 'ready', error: 'x' } }
    const stored = JSON.parse(prepared({ source }).json)
    expect(stored.text_sparse).toBeUndefined()
    expect(Object.keys(stored.lexpand)).toEqual(['state', 'text_hash', 'pending_since'])
  })

  test('a document without an id gets the same one every time, another document another', () => {
    const id = (text: string) => prepared({ source: { text } }).id
    expect(id('hello')).toBe(id('hello'))
    expect(id('hello')).not.toBe(id('hello!'))
  })

  test('a key __proto__ is data like any other', () => {
    const source = JSON.parse('{"text": "hello", "__proto__": {"a": 1}}')
    expect(prepared({ id: '1', source }).json).toContain('"__proto__":{"a":1}')
  })

  test('text of a wrong type, an unusable id and a source that is no object are refused with the reason', () => {
    expect(reason({ source: { text: 7 } })).toMatch(/expected text in field text, got number/)
    expect(reason({ id: 'x'.repeat(513), source: { text: 'a' } })).toMatch(/1 to 512 bytes, got 513/)
    expect(reason({ id: '', source: { text: 'a' } })).toMatch(/got 0/)
    expect(reason({ source: ['a'] })).toMatch(/expected a JSON object/)
    expect(reason({ source: null })).toMatch(/expected a JSON object/)
  })
})
