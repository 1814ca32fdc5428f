import { describe, expect, test } from 'vitest'
import { type FilterField, filterFields } from './filter-fields.ts'
import { filterClauses, filterSchema } from './filters.ts'

const FIELDS: FilterField[] = [
  { name: 'brand', path: 'brand.keyword', type: 'text' },
  { name: 'price', path: 'price', type: 'number' },
]

describe('fields to filter by', () => {
  test('are those whose values the engine compares; text by its keyword, and none of ours', () => {
    const fields = filterFields({
      properties: {
        title: { type: 'text' },
        brand: { type: 'text', fields: { raw: { type: 'keyword' } } },
        price: { type: 'scaled_float' },
        shop: { properties: { city: { type: 'keyword' } } },
        offers: { type: 'nested', properties: { price: { type: 'float' } } },
        hidden: { type: 'keyword', index: false },
        lexpand: { properties: { state: { type: 'keyword' } } },
        title_sparse: { type: 'rank_features' },
      },
    })
    expect(fields).toEqual([
      { name: 'brand', path: 'brand.raw', type: 'text' },
      { name: 'price', path: 'price', type: 'number' },
      { name: 'shop.city', path: 'shop.city', type: 'text' },
    ])
  })
})

describe('conditions', () => {
  test('become clauses, each a condition more', () => {
    const clauses = filterClauses(
      [
        { field: 'brand', equals: 'x' },
        { field: 'price', gte: 1, lt: 2 },
      ],
      FIELDS,
    )
    expect(clauses).toEqual([
      { term: { 'brand.keyword': { value: 'x' } } },
      { range: { price: { gte: 1, lt: 2 } } },
    ])
  })

  test.each(['_id', '_source', 'lexpand.state', '__proto__', 'constructor', 'brand*', ''])(
    'of the field %j are refused with the names that there are',
    (field) => {
      expect(() => filterClauses([{ field, equals: 1 }], FIELDS)).toThrow('brand, price')
    },
  )

  test('of a misspelt field are refused with the near one', () => {
    expect(() => filterClauses([{ field: 'brnd', equals: 1 }], FIELDS)).toThrow('Did you mean brand?')
  })

  test.each([
    { field: 'brand' },
    { field: 'brand', equals: { query: 'x' } },
    { field: 'brand', any_of: [] },
    { field: 'brand', equals: 'x', script: 'true' },
    { field: 'brand', any_of: Array.from({ length: 101 }, () => 'x') },
    { field: 'brand', gte: ['x'] },
  ])('that say %j are none', (filter) => {
    expect(filterSchema.safeParse(filter).success).toBe(false)
  })
})
