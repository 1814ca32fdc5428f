import { describe, expect, test } from 'vitest'
import { fixtureModel } from '../testing/fixture-model.ts'
import { missingFields, missingOwnFields, newMapping } from './mapping.ts'
import { sidecarMapping } from './sidecar.ts'
import { specificationFor } from './specification.ts'

const specification = { ...specificationFor(fixtureModel, { fields: ['title'] }), fingerprint: 'fingerprint' }
const OWN = { title_sparse: { type: 'rank_features' }, lexpand: sidecarMapping }

test('a new mapping holds text, own fields and the specification', () => {
  expect(newMapping(specification)).toEqual({
    _meta: { lexpand: specification },
    properties: { title: { type: 'text', analyzer: 'english' }, ...OWN },
  })
})

describe('missingOwnFields', () => {
  test('names what is not there', () => {
    expect(missingOwnFields({}, specification, 'articles')).toEqual(OWN)
    expect(
      missingOwnFields({ lexpand: { properties: sidecarMapping.properties } }, specification, 'i'),
    ).toEqual({
      title_sparse: OWN.title_sparse,
    })
    expect(missingOwnFields(newMapping(specification).properties, specification, 'articles')).toEqual({})
  })

  test('completes a sidecar of an older version', () => {
    const older = { lexpand: { properties: { state: { type: 'keyword' } } }, title_sparse: OWN.title_sparse }
    expect(missingOwnFields(older, specification, 'articles')).toEqual({ lexpand: sidecarMapping })
  })

  test('refuses other types by name', () => {
    expect(() => missingOwnFields({ title_sparse: { type: 'text' } }, specification, 'articles')).toThrow(
      'field title_sparse of index articles to be free or of type rank_features, got type text',
    )
    const sidecar = { lexpand: { properties: { state: { type: 'text' } } } }
    expect(() => missingOwnFields(sidecar, specification, 'articles')).toThrow('field lexpand.state')
  })
})

describe('the type of the sparse field', () => {
  const impacts = { title_sparse: { type: 'lexpand_impacts' } }

  test('stands in the mapping and not in the specification', () => {
    const { _meta, properties } = newMapping(specification, { vectorType: 'lexpand_impacts' })
    expect(properties.title_sparse).toEqual({ type: 'lexpand_impacts' })
    expect(_meta).toEqual(newMapping(specification)._meta)
  })

  test('of an index stays where none is asked for', () => {
    expect(missingOwnFields(impacts, specification, 'articles')).toEqual({ lexpand: sidecarMapping })
    expect(missingOwnFields(impacts, specification, 'articles', 'lexpand_impacts')).toEqual({
      lexpand: sidecarMapping,
    })
    expect(missingOwnFields({}, specification, 'articles', 'lexpand_impacts')).toMatchObject(impacts)
  })

  test.each([
    ['rank_features', impacts],
    ['lexpand_impacts', OWN],
  ] as const)('cannot become %s', (type, present) => {
    expect(() => missingOwnFields(present, specification, 'articles', type)).toThrow(
      `to be of type ${type}, got ${present.title_sparse.type}, and a type cannot change`,
    )
  })
})

describe('a mapping given by the owner', () => {
  test('keeps its own fields, text fields included, and gets what is missing', () => {
    const mapping = {
      dynamic: 'strict',
      _meta: { team: 'a' },
      properties: { title: { type: 'text', analyzer: 'german' }, price: { type: 'double' } },
    }
    expect(newMapping(specification, { mapping })).toEqual({
      dynamic: 'strict',
      _meta: { team: 'a', lexpand: specification },
      properties: { ...mapping.properties, ...OWN },
    })
  })

  test('is refused where a text field holds something else', () => {
    const mapping = { properties: { title: { type: 'long' } } }
    expect(() => newMapping(specification, { mapping })).toThrow(
      'expected a text field title in index the new index, got type long. Name a field that holds text.',
    )
  })
})

describe('missingFields', () => {
  test('are those that the index does not have', () => {
    const present = { price: { type: 'double' }, a: { properties: { b: { type: 'date' } } } }
    const wanted = { price: { type: 'double' }, 'a.b': { type: 'date' }, sku: { type: 'keyword' } }
    expect(missingFields(present, wanted, 'articles')).toEqual({ sku: { type: 'keyword' } })
  })

  test('another type is refused with the next step', () => {
    expect(() =>
      missingFields({ price: { type: 'text' } }, { price: { type: 'float' } }, 'articles'),
    ).toThrow(
      'expected field price of index articles to be of type float, got text, and a type cannot change. Leave it out, or fill a new index.',
    )
  })
})
