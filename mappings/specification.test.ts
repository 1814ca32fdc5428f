import { describe, expect, test } from 'vitest'
import { LexpandError } from '../sparse/errors.ts'
import { fixtureModel } from '../testing/fixture-model.ts'
import { parseSpecification, type SpecificationOptions, specificationFor } from './specification.ts'

function specified(options: SpecificationOptions) {
  return { ...specificationFor(fixtureModel, options), fingerprint: 'fingerprint' }
}

describe('specificationFor', () => {
  test('fills in windows of the model, its pruning and the name of the sparse field', () => {
    expect(specified({ fields: ['title', 'body'] })).toEqual({
      version: 1,
      fields: ['title', 'body'],
      sparse_field: 'body_sparse',
      fingerprint: 'fingerprint',
      windowing: { maxLength: 128, overlap: 32, maxWindows: 16 },
      pruning: { type: 'max_ratio', ratio: 0.1 },
      model: {
        name: 'fixture',
        version: '1.0.0',
        identity: 'identity',
        vocabulary_hash: 'vocabulary',
        query_table_hash: 'table',
      },
    })
  })

  test('keeps dots out of the sparse field', () => {
    expect(specified({ fields: ['meta.body'] }).sparse_field).toBe('meta_body_sparse')
  })

  test.each<[string, SpecificationOptions]>([
    ['no fields', { fields: [] }],
    ['too many fields', { fields: Array.from({ length: 33 }, (_, at) => `f${at}`) }],
    ['a field twice', { fields: ['a', 'a'] }],
    ['an empty name', { fields: [''] }],
    ['an empty step', { fields: ['a..b'] }],
    ['a wildcard', { fields: ['title*'] }],
    ['a boost', { fields: ['title^2'] }],
    ['metadata', { fields: ['_id'] }],
    ['the sidecar', { fields: ['lexpand.error'] }],
    ['a control character', { fields: ['a\u0000b'] }],
    ['a very long name', { fields: ['x'.repeat(300)] }],
    ['a dotted sparse field', { fields: ['a'], sparseField: 'a.b' }],
    ['a sparse field that is the text field', { fields: ['a'], sparseField: 'a' }],
    ['a sparse field above the text field', { fields: ['a.b'], sparseField: 'a' }],
    ['a sparse field that is the sidecar', { fields: ['a'], sparseField: 'lexpand' }],
  ])('refuses %s', (_, options) => {
    expect(() => specified(options)).toThrow(LexpandError)
  })

  test('takes names that are unusual but plain', () => {
    const fields = ['Überschrift', 'first name', '@text', 'a-b_c.d1']
    expect(specified({ fields }).fields).toEqual(fields)
  })
})

describe('parseSpecification', () => {
  test('reads back what was stored as JSON', () => {
    const specification = specified({ fields: ['title'], pruning: { type: 'top_k', k: 64 } })
    expect(parseSpecification(JSON.parse(JSON.stringify(specification)), 'articles')).toEqual(specification)
  })

  test.each([
    null,
    'text',
    {},
    { version: 2 },
    { ...specified({ fields: ['a'] }), pruning: { type: 'magic' } },
  ])('refuses %j, naming the index', (stored) => {
    expect(() => parseSpecification(stored, 'articles')).toThrow(/index articles, got one that does not fit/)
  })
})
