import { describe, expect, test } from 'vitest'
import type { IndexSpecification } from '../../mappings/index.ts'
import { checkRequest } from './checked-request.ts'
import type { SearchRequest } from './search-request.ts'
import { sourceFilter, wantedSource } from './source-fields.ts'

const specification = {
  fields: ['title', 'a.body'],
  sparse_field: 'body_sparse',
} as unknown as IndexSpecification
const requested = (change: Partial<SearchRequest>) => checkRequest({ index: 'i', text: 't', ...change })

describe('sourceFilter', () => {
  test.each<[Partial<SearchRequest>, unknown]>([
    [{}, { excludes: ['lexpand', 'body_sparse'] }],
    [{ explain: true }, { excludes: ['lexpand'] }],
    [{ sourceFields: [] }, false],
    [{ sourceFields: ['price'] }, { includes: ['price'] }],
    [{ sourceFields: ['price'], highlight: true }, { includes: ['price', 'title', 'a.body', 'body_sparse'] }],
    [{ sourceFields: ['body_sparse'] }, { includes: ['body_sparse'] }],
  ])('%j fetches %j', (change, filter) => {
    expect(sourceFilter(requested(change), specification)).toEqual(filter)
  })
})

describe('wantedSource', () => {
  const source = { title: 'x', a: { body: 'y', note: 'z' }, price: 1, body_sparse: { x: 1 } }

  test('removes the vector when no fields are named', () => {
    expect(wantedSource(source, requested({}), specification)).toEqual({
      title: 'x',
      a: { body: 'y', note: 'z' },
      price: 1,
    })
  })

  test('removes text and vector that were not named', () => {
    const of = (...sourceFields: string[]) => wantedSource(source, requested({ sourceFields }), specification)
    expect(of('price')).toEqual({ a: { note: 'z' }, price: 1 })
    expect(of('a', 'body_sparse')).toEqual({ a: { body: 'y', note: 'z' }, price: 1, body_sparse: { x: 1 } })
  })

  test('walks arrays, and removes objects that become empty', () => {
    const list = { a: [{ body: 'y', note: 'z' }, { body: 'w' }] }
    expect(wantedSource(list, requested({ sourceFields: ['a.note'] }), specification)).toEqual({
      a: [{ note: 'z' }, {}],
    })
    expect(wantedSource({ a: { body: 'y' } }, requested({ sourceFields: [] }), specification)).toEqual({})
  })

  test('keeps a key __proto__ as data', () => {
    const odd = JSON.parse('{"__proto__": {"x": 1}, "title": "t"}')
    const kept = wantedSource(odd, requested({}), specification)
    expect(JSON.stringify(kept)).toBe('{"__proto__":{"x":1},"title":"t"}')
  })
})
