import { describe, expect, test } from 'vitest'
import type { VectorType } from '../../../mappings/vectors/vector-type.ts'
import { SPECIFICATION } from '../../../testing/test-fixtures.ts'
import { type FoundIndex, type IndexBody, targetBody } from './plan.ts'

const NEXT = { ...SPECIFICATION, sparse_field: 'text_sparse_2', fingerprint: 'f2' }

function found(over: Partial<FoundIndex> = {}): FoundIndex {
  return {
    name: 'articles',
    uuid: 'u',
    mapping: {
      _meta: { owner: 'shop', lexpand: SPECIFICATION },
      properties: {
        text: { type: 'text' },
        text_sparse: { type: 'rank_features' },
        lexpand: { properties: { state: { type: 'keyword' } } },
      },
    },
    settings: {
      'index.uuid': 'u',
      'index.creation_date': '1',
      'index.version.created': '1',
      'index.provided_name': 'articles',
      'index.default_pipeline': 'lexpand-articles',
      'index.final_pipeline': 'audit',
      'index.number_of_shards': '3',
      'index.analysis.analyzer.own.type': 'standard',
    },
    aliases: [],
    specification: SPECIFICATION,
    ...over,
  }
}

describe('the body of the new index', () => {
  test('has the old text mapping and _meta, and our fields for the new specification only', () => {
    const { mappings } = targetBody(found(), NEXT)
    expect(Object.keys(mappings.properties ?? {})).toEqual(['text', 'text_sparse_2', 'lexpand'])
    expect(mappings._meta).toEqual({ owner: 'shop', lexpand: NEXT })
  })

  test('keeps settings, but not what belongs to one index', () => {
    const { settings, later } = targetBody(found(), NEXT)
    expect(settings).toEqual({
      'index.number_of_shards': '3',
      'index.analysis.analyzer.own.type': 'standard',
    })
    expect(later).toEqual({ 'index.final_pipeline': 'audit' })
  })

  test('takes another mapping and single settings in any form', () => {
    const wanted = {
      mappings: { properties: { text: { type: 'match_only_text' } } },
      settings: { number_of_shards: 5, index: { refresh_interval: '5s' } },
    }
    const { mappings, settings } = targetBody(found(), NEXT, wanted)
    expect(mappings.properties).toMatchObject({
      text: { type: 'match_only_text' },
      text_sparse_2: { type: 'rank_features' },
    })
    expect(settings).toMatchObject({ 'index.number_of_shards': 5, 'index.refresh_interval': '5s' })
  })

  test('has vectors of the old type, of that in the wanted mapping, or of the one that is asked for', () => {
    const impacts = { text_sparse: { type: 'lexpand_impacts' } }
    const typeOf = (old: FoundIndex, ...more: [IndexBody?, VectorType?]) =>
      targetBody(old, NEXT, ...more).mappings.properties?.text_sparse_2?.type
    const old = found({ mapping: { properties: { text: { type: 'text' }, ...impacts } } })
    expect(typeOf(old)).toBe('lexpand_impacts')
    expect(typeOf(old, {}, 'rank_features')).toBe('rank_features')
    expect(typeOf(found(), {}, 'lexpand_impacts')).toBe('lexpand_impacts')
    const body = { mappings: { properties: { text_sparse_2: { type: 'lexpand_impacts' } } } }
    expect(typeOf(found(), body)).toBe('lexpand_impacts')
    expect(typeOf(found({ specification: undefined }))).toBe('rank_features')
  })

  test('is refused when an index that is not ours uses our names for something else', () => {
    const foreign = found({
      specification: undefined,
      mapping: { properties: { text: { type: 'text' }, lexpand: { type: 'keyword' } } },
    })
    expect(() => targetBody(foreign, NEXT)).toThrow(/field lexpand of index articles/)
  })
})
